# Check `systemd`: a template as one instance of it, a drop-in as a part of its unit. What goes needs no check. A
# command of an app is looked for in the release that comes with the unit, not in the one that `current` still names.
check_systemd() {
  set -f
  # shellcheck disable=SC2046 # unit names hold no blanks
  set -- $(awk -F '\t' '$1 == "systemd" && $2 != "-" { name = $2; sub(/\.d\/[^\/]*$/, "", name)
    sub(/^.*\//, "", name); sub(/@\./, "@3700.", name); if (!seen[name]++) print name }' "$1/checks")
  set +f
  [ $# = 0 ] || { look_ahead "$@" && systemd-analyze verify --man=no --recursive-errors=no "$@"; }
}

# Here, where what is written to /etc is written beside it.
# Usage: look_ahead UNIT...
look_ahead() {
  for unit; do
    name=${unit%@3700.service}
    [ "$name" != "$unit" ] || continue
    coming=$(awk -F '\t' -v releases="/srv/$name/releases/" \
      '$1 == "tree" && index($2, releases) == 1 { print $2; exit }' "$work/items")
    for unit_file in "/etc/systemd/system/$name@.service" "/etc/systemd/system/$name@.service.d"/*.conf; do
      needs_program "$unit_file"
      if [ -n "$coming" ] && grep -qs "=/srv/$name/current/" "$unit_file"; then look_ahead_in "$unit_file"; fi
    done
  done
}

# What a unit starts, and systemd would complain about without a remedy.
# Usage: needs_program UNIT_FILE
needs_program() {
  program=$(sed -n 's|^ExecStart=\(/[^ ]*\).*|\1|p' "$1" 2>/dev/null)
  case $program in '' | /srv/*) return 0 ;; esac
  [ -x "$program" ] || fail "$name runs $program, which is not on this server; $(how_to_bring)"
}

# Usage: look_ahead_in UNIT_FILE
look_ahead_in() {
  sed -i "s|=/srv/$name/current/|=$coming/|" "$1"
  program=$(sed -n "s|^ExecStart=\($coming/[^ ]*\).*|\1|p" "$1")
  [ -f "$program" ] || return 0
  interpreter=$(head -c 256 "$program" | tr '\0' '?' | sed -n '1s/^#! *//p')
  begin=$interpreter
  case $interpreter in
    '') return 0 ;;
    */env\ [!-]*) interpreter=${interpreter#*/env } ;;
  esac
  path=$(sed -n 's/^Environment=PATH=//p' "$1")
  (PATH=${path:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin} && command -v "${interpreter%% *}" >/dev/null) ||
    fail "$program begins with #!$begin, which is not on this server; name its package in \`packages\`"
}
