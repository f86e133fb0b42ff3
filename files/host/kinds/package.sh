# Kind `package`: a Debian package. What is missing is installed; what the kit brought goes when the kit goes, not before.
# A hold is its people's to set and to end.

order_package=10 together_package=yes stays_package=always brings_package=yes

observe_package() {
  package_lines=$1
  {
    # shellcheck disable=SC2016 # the format is dpkg's own
    with_names "$package_lines" dpkg-query -W -f '${Package}\t${db:Status-Status}\t${Version}\n'
    printf 'items\n%s\n' "$package_lines"
  } | awk -F '\t' '
    items { print "package\t" $2 (!($2 in version) ? "\tstate=missing" : "\tstate=installed" \
      (/\tversion=/ ? "\tversion=" version[$2] : "")); next }
    $1 == "items" { items = 1; next }
    $2 == "installed" { version[$1] = $3 }'
}

# All of them at once.
# Usage: apply_package LINES
apply_package() {
  printf '%s' "$1" | awk -F '\t' '{ v = ""; for (i = 3; i <= NF; i++) if ($i ~ /^version=/) v = substr($i, 9)
    print $2 (v == "" ? "" : "=" v) }' >"$work/packages.wanted"
  install_packages
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

# Packages go with a whole manifest alone: on an update processes may still run on what is not named any
# more, and a release to go back to may need it. Only those go that the kit itself brought and that no other
# manifest names, and only where nothing else would go with them. They are removed, not purged: their logs
# and data, and what somebody else put into their directories in /etc, are not the kit's.
remove_package() {
  [ -f "$STATE/packages" ] || return 0
  { stored_items && pending_items; } | awk -F '\t' '$1 == "package" { print $2 }' | sort -u >"$work/packages.named"
  apt-mark showhold | cat - "$work/packages.named" | sort -u >"$work/packages.stay"
  sort -u "$STATE/packages" | comm -23 - "$work/packages.stay" | without_needed >"$work/packages.ours"
  # shellcheck disable=SC2046 # package names hold no blanks
  set -- $(cat "$work/packages.ours")
  [ $# -gt 0 ] || return 0
  apt_get -s remove "$@" || :
  if awk '/^(Purg|Remv) / { print $2 }' "$work/apt" | sort -u | comm -23 - "$work/packages.ours" | grep -q .; then
    say gone "packages $*: kept, others need them"
    return 0
  fi
  apt_get remove "$@" || fail "apt-get could not remove $*:
$(tail -n 5 "$work/apt")"
  sort -u "$STATE/packages" | comm -23 - "$work/packages.ours" >"$work/packages.left"
  install_durably "$work/packages.left" "$STATE/packages"
  for package in "$@"; do say gone "package $package"; done
}
