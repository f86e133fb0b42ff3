# Kind `package`: a Debian package. What is missing is installed; what the kit brought goes when the kit goes, not before.
# A hold is its people's to set and to end.

order_package=10 waits_package=yes together_package=yes stays_package=always brings_package=yes

observe_package() {
  package_lines=$1
  # shellcheck disable=SC2016 # the format is dpkg's own
  shown_packages=$NEWLINE$(with_names "$package_lines" dpkg-query -W \
    -f '${db:Status-Status}\t${Package}\t${Version}\n')
  take_names "$package_lines"
  set --
  for package in $names; do
    case $shown_packages in *"${NEWLINE}installed$TAB$package$TAB"*) ;; *) set -- "$@" "$package" ;; esac
  done
  {
    [ $# = 0 ] || misnamed_packages "$@"
    printf 'shown%s\nitems\n%s\n' "$shown_packages" "$package_lines"
  } | awk -F '\t' '
    items { print "package\t" $2 ($2 in words ? "\tforeign=" words[$2] : !($2 in version) ? "\tstate=missing" : "\tstate=installed" \
      (/\tversion=/ ? "\tversion=" version[$2] : "")); next }
    $1 == "items" { items = 1; next }
    $1 == "shown" { shown = 1; next }
    !shown { words[$1] = $2; next }
    $1 == "installed" { version[$2] = $3 }'
}

# NAME<TAB>WORDS of those that cannot be had by this name, from what apt knows already; nothing where that may be wrong,
# as without lists. apt is asked by nobody, who can read all of it and write nothing.
# Usage: misnamed_packages NAME...
misnamed_packages() {
  fresh=no
  [ -n "$(find /etc/apt/sources.list /etc/apt/sources.list.d -newer /var/lib/apt/lists/partial 2>/dev/null)" ] ||
    [ -z "$(find /var/lib/apt/lists/partial -maxdepth 0 -mtime -7 2>/dev/null)" ] || fresh=yes
  {
    setpriv --reuid=65534 --regid=65534 --clear-groups apt-cache showpkg dpkg "$@" 2>/dev/null
    printf 'asked\n'
    printf '%s\n' "$@"
  } | awk -v fresh="$fresh" '
    asked { tell($1); next }
    $0 == "asked" { asked = 1; next }
    /^Package: / { name = $2; next }
    /^[A-Z][A-Za-z ]*: *$/ { part = $0; next }
    part ~ /^Versions/ && NF { known[name]; if (index($0, "/var/lib/apt/lists/")) listed[name] }
    part ~ /^Reverse Provides/ && NF && !seen[name, $1]++ { givers[name]++; list[name] = list[name] (list[name] == "" ? "" : ", ") $1 }
    function tell(name) {
      if (name in known) return
      if (givers[name] == 1) print name "\tis called " list[name] " here; write that in the stack file"
      else if (givers[name]) print name "\tis no package here, but several stand for it: " list[name] "; write one of them in the stack file"
      # Debian has dpkg in its lists, always.
      else if (fresh == "yes" && "dpkg" in listed) print name "\tis known to no source of packages here; correct its name in the stack file, or add its source on the host and run apt-get update there"
    }'
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
  apt_install "$@" || { refresh_lists && refuse_misnamed && apt_install "$@"; } ||
    fail "apt-get could not install $*:$(apt_remedy)
$(tail -n 12 "$work/apt")"
  [ ! -s "$work/sources" ] || sed 's/^/warn   passed over the source /' "$work/sources" | tell
  installed_packages | comm -13 "$work/packages.before" - |
    cat - "$STATE/packages" 2>/dev/null | sort -u >"$work/packages.ours"
  install_durably "$work/packages.ours" "$STATE/packages"
}

# On a host without lists the look could not know.
refuse_misnamed() {
  # shellcheck disable=SC2046 # package names hold no blanks
  misnamed=$(misnamed_packages $(cut -d = -f 1 "$work/packages.wanted") | sed 's/\t/ /; s/^/package /')
  [ -z "$misnamed" ] || fail "refused: $(printf '%s' "$misnamed" | paste -s -d ';' | sed 's/;package /; package /g')"
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
