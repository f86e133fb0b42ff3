# Takes away what a manifest made: the whole of it, or what it no longer names.

remove_manifest() {
  take_lock
  stored=$STATE/manifests/$manifest
  [ -f "$stored" ] || stored=$STATE/pending/$manifest
  [ -f "$stored" ] || return 0
  item_lines "$stored" >"$work/obsolete"
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

# Everything but files and units of ours: from what is owned to its owner, the reverse of making.
remove_obsolete() {
  tac "$work/obsolete" >"$work/reverse"
  remove_each unit restore_unit
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
  how=$(field @remove "$2")
  if [ "$how" = last ]; then
    # Not on an update: a directory of another name may only have taken its place.
    [ -n "${removing:-}" ] && how=all || how=keep
  fi
  case $how in
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
