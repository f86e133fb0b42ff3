# Takes away what a manifest made: the whole of it, or what it no longer names.

remove_manifest() {
  take_lock
  stored=$STATE/manifests/$manifest
  [ -f "$stored" ] || stored=$STATE/pending/$manifest
  [ -f "$stored" ] || return 0
  sed '1,/^$/d' "$stored" | grep -v -e '^|' -e '^end$' >"$work/obsolete"
  removing=whole
  : >"$work/touched"
  stop_rollouts
  stop_obsolete_units
  awk -F '\t' '$1 == "file" || $1 == "link" { print $2 }' "$work/obsolete" | while read -r path; do
    remove_file "$path"
  done
  restore_absent
  if touched_units; then systemctl daemon-reload; fi
  tell_remaining_units
  remove_obsolete
  rm -f "$STATE/manifests/$manifest" "$STATE/pending/$manifest" "$STATE/owners/$manifest"
}

remove_file() {
  chattr -ia "$1" 2>/dev/null || :
  rm -f "$1"
  restore_original "$1"
  touched "$1"
  say change "file $1: removed"
}

restore_absent() {
  awk -F '\t' '$1 == "absent" { print $2 }' "$work/obsolete" | while read -r path; do
    restore_original "$path"
  done
}

stop_rollouts() {
  awk -F '\t' '$1 == "rollout" { print $2 }' "$work/obsolete" | while read -r app; do
    remove_rollout "$app"
  done
}

# Services of Debian's go on without our files.
tell_remaining_units() {
  grep "^unit$TAB" "$work/obsolete" | grep -v "${TAB}fragment=" >"$work/units" || return 0
  while IFS= read -r line <&3; do
    how=$(field @change "$line") name=$(item_name "$line")
    rm -f "$STATE/units/$name"
    [ -n "$how" ] || continue
    systemctl is-active --quiet "$name" || continue
    systemctl "$how" "$name" 2>/dev/null || say change "unit $name: $how failed after the removal"
  done 3<"$work/units"
}

# Everything but files and units: from what is owned to its owner, the reverse of making.
remove_obsolete() {
  tac "$work/obsolete" >"$work/reverse"
  remove_each sysctl remove_sysctl
  remove_each setting remove_setting
  remove_each tree remove_tree
  remove_each blob remove_blob
  remove_each directory remove_directory
  remove_each user remove_user
  remove_each group remove_group
  remove_packages
}

remove_each() {
  grep "^$1$TAB" "$work/reverse" >"$work/each" || return 0
  while IFS= read -r each_line <&3; do
    "$2" "$(item_name "$each_line")" "$each_line" 3<&-
  done 3<"$work/each"
}

remove_sysctl() {
  [ -f "$STATE/originals/sysctl/$1" ] || return 0
  cat "$STATE/originals/sysctl/$1" >"/proc/sys/$(printf '%s' "$1" | tr . /)" 2>/dev/null || :
  rm -f "$STATE/originals/sysctl/$1"
}

remove_setting() {
  original=$STATE/originals/setting/$1
  [ -f "$original" ] || return 0
  set_setting "$1" "$(cat "$original")"
  rm -f "$original"
}

# A release that is replaced stays for going back, until its app goes.
remove_tree() {
  [ -n "${removing:-}" ] || [ -z "$(field @remove "$2")" ] || return 0
  chattr -R -ia "$1" 2>/dev/null || :
  rm -rf "$1" "$(tree_record "$1").list" "$(tree_record "$1").stamp"
  say change "tree $1: removed"
}

remove_blob() {
  [ -n "${removing:-}" ] || return 0
  # Two apps may run the same code.
  for other in "$STATE"/manifests/*; do
    [ "$other" = "$stored" ] || ! grep -q "^blob$TAB$1$TAB" "$other" || return 0
  done
  rm -f "$STATE/blobs/$1" "$STATE/blobs/$1.run"
}

remove_directory() {
  is_directory "$1" || return 0
  case $(field @remove "$2") in
    keep)
      # What stays must not belong to a user number that somebody else gets one day.
      chown -Rh root "$1" && say change "directory $1: kept, now root's"
      ;;
    all)
      chattr -R -ia "$1" 2>/dev/null || :
      rm -rf "$1" && say change "directory $1: removed with all it held"
      ;;
    *) if rmdir "$1" 2>/dev/null; then say change "directory $1: removed"; fi ;;
  esac
}

remove_user() {
  getent passwd "$1" >/dev/null || return 0
  userdel "$1" 2>"$work/complaints" || fail "user $1 cannot be removed: $(cat "$work/complaints")"
  say change "user $1: removed"
}

remove_group() {
  getent group "$1" >/dev/null || return 0
  groupdel "$1" 2>"$work/complaints" || fail "group $1 cannot be removed: $(cat "$work/complaints")"
  say change "group $1: removed"
}

# Only packages that the kit itself brought go, and only where nothing else would go with them.
remove_packages() {
  [ -f "$STATE/packages" ] && grep -q "^package$TAB" "$work/obsolete" || return 0
  awk -F '\t' '$1 == "package" { print $2 }' "$work/obsolete" | sort -u >"$work/packages.gone"
  # With the whole manifest go also what those packages needed.
  [ -z "${removing:-}" ] || sort -u "$STATE/packages" >"$work/packages.gone"
  sort -u "$STATE/packages" | comm -12 - "$work/packages.gone" | without_needed >"$work/packages.ours"
  # shellcheck disable=SC2046 # package names hold no blanks
  set -- $(cat "$work/packages.ours")
  [ $# -gt 0 ] || return 0
  apt_get -s purge "$@" || :
  if awk '/^(Purg|Remv) / { print $2 }' "$work/apt" | sort -u | comm -23 - "$work/packages.ours" | grep -q .; then
    say change "packages $*: kept, others need them"
    return 0
  fi
  apt_get purge "$@" || fail "apt-get could not remove $*: $(tail -n 5 "$work/apt")"
  sort -u "$STATE/packages" | comm -23 - "$work/packages.ours" >"$work/packages.left"
  install_durably "$work/packages.left" "$STATE/packages"
  say change "packages $*: removed"
}

# Of the installed packages on stdin, those that can go: what dpkg holds for vital stays, and whatever
# a package that stays depends on, since apt would refuse all of the others with it.
without_needed() {
  cat >"$work/packages.mine"
  dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Essential}${Important}${Protected}\t${Pre-Depends}, ${Depends}\t${Provides}\n' |
    awk -F '\t' -v mine="$work/packages.mine" '
      function names(text, into) { gsub(/\([^)]*\)|:[a-z0-9]+| /, "", text); return split(text, into, /[,|]/) }
      BEGIN { while ((getline name < mine) > 0) is_mine[name] = 1 }
      $1 == "installed" {
        stays[$2] = !($2 in is_mine) || $3 ~ /yes/; needs[$2] = $4
        for (i = names($2 "," $5, part); i > 0; i--) if (part[i] != "") given_by[part[i]] = given_by[part[i]] " " $2
      }
      function keep_needs_of(name,  i, j, part, giver) {
        for (i = names(needs[name], part); i > 0; i--)
          for (j = split(given_by[part[i]], giver, " "); j > 0; j--)
            if (!stays[giver[j]]) { stays[giver[j]] = 1; more = 1 }
      }
      END {
        do { more = 0; for (name in needs) if (stays[name] && !seen[name]++) keep_needs_of(name) } while (more)
        for (name in is_mine) if (name in needs && !stays[name]) print name
      }' | sort
}
