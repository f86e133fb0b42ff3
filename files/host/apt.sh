# Debian packages: what is missing is installed; what the kit brought goes when the kit goes, not before.

apply_packages() {
  awk -F '\t' '$2 == "package" && ($4 == "state" || $4 == "version" || $4 == "hold")' "$work/differences" >"$work/packages"
  [ -s "$work/packages" ] || return 0
  release_holds
  # One that was only held is not upgraded, which would restart its service.
  awk -F '\t' 'NR == FNR { if ($4 != "hold") wanted[$3] = 1; next }
    $1 == "package" && $2 in wanted { v = ""; for (i = 3; i <= NF; i++) if ($i ~ /^version=/) v = substr($i, 9); print $2 (v == "" ? "" : "=" v) }' \
    "$work/packages" "$work/items" >"$work/packages.wanted"
  [ ! -s "$work/packages.wanted" ] || install_packages
  tell_differences package
}

release_holds() {
  awk -F '\t' '$4 == "hold" { print $3 " install" }' "$work/packages" >"$work/holds"
  [ ! -s "$work/holds" ] || when_free dpkg --set-selections <"$work/holds" ||
    fail "dpkg could not end the hold of $(cut -d ' ' -f 1 "$work/holds" | paste -s -d ' '): $(tail -n 3 "$work/apt")"
}

install_packages() {
  installed_packages >"$work/packages.before"
  # shellcheck disable=SC2046 # package names hold no blanks
  set -- $(cat "$work/packages.wanted")
  apt_install "$@" || { apt_get update && apt_install "$@"; } || fail "apt-get could not install $*:
$(tail -n 12 "$work/apt")"
  installed_packages | comm -13 "$work/packages.before" - |
    cat - "$STATE/packages" 2>/dev/null | sort -u >"$work/packages.ours"
  install_durably "$work/packages.ours" "$STATE/packages"
}

installed_packages() {
  dpkg-query -W -f '${db:Status-Status}\t${Package}\n' | sed -n 's/^installed\t//p' | sort -u
}

apt_install() { dpkg_repair && apt_get install --no-install-recommends --allow-downgrades "$@"; }

# A run that was cut off in the middle of dpkg's work leaves packages half configured.
dpkg_repair() { [ -z "$(dpkg --audit 2>/dev/null)" ] || apt_get -f install || dpkg --configure -a >/dev/null 2>&1; }

apt_get() {
  when_free apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null
}

# Runs a command of apt's or dpkg's, and again while somebody holds a lock that it needs. apt itself can wait
# for dpkg's locks, but not for those of its lists, which apt-daily holds when a host boots for the first time.
when_free() {
  cat >"$work/given"
  : "${patience_ends:=$(($(date +%s) + APT_WAIT))}"
  until "$@" <"$work/given" >"$work/apt" 2>&1; do
    grep -qE '^E: (Could not get|Unable to) .*lock|lock was locked by ' "$work/apt" || return 1
    if [ "$(date +%s)" -ge "$patience_ends" ]; then
      echo "Waited $APT_WAIT s for this lock; run up again when its holder has ended." >>"$work/apt"
      return 1
    fi
    sleep 1
  done
}

# Packages go with a whole manifest alone: on an update processes may still run on what is not named any
# more, and a release to go back to may need it. Only those go that the kit itself brought and that no other
# manifest names, and only where nothing else would go with them. They are removed, not purged: their logs
# and data, and what somebody else put into their directories in /etc, are not the kit's.
remove_packages() {
  [ -n "${removing:-}" ] && [ -f "$STATE/packages" ] && grep -q "^package$TAB" "$work/obsolete" || return 0
  find "$STATE/manifests" "$STATE/pending" -type f ! -name "$manifest" -exec cat {} + |
    awk -F '\t' '$1 == "package" { print $2 }' | sort -u >"$work/packages.named"
  sort -u "$STATE/packages" | comm -23 - "$work/packages.named" | without_needed >"$work/packages.ours"
  # shellcheck disable=SC2046 # package names hold no blanks
  set -- $(cat "$work/packages.ours")
  [ $# -gt 0 ] || return 0
  apt_get -s remove "$@" || :
  if awk '/^(Purg|Remv) / { print $2 }' "$work/apt" | sort -u | comm -23 - "$work/packages.ours" | grep -q .; then
    say change "packages $*: kept, others need them"
    return 0
  fi
  apt_get remove "$@" || fail "apt-get could not remove $*:
$(tail -n 5 "$work/apt")"
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
