# Check `systemd`: a template as one instance of it, a drop-in as a part of its unit. What goes needs no check. A
# command of an app is looked for in the release that comes with the unit, not in the one that `current` still names.
check_systemd() {
  set -f
  # shellcheck disable=SC2046 # unit names hold no blanks
  set -- $(awk -F '\t' '$1 == "systemd" && $2 != "-" { name = $2; sub(/\.d\/[^\/]*$/, "", name)
    sub(/^.*\//, "", name); sub(/@\./, "@3700.", name); if (!seen[name]++) print name }' "$1/checks")
  set +f
  [ $# = 0 ] || { check_calendars "$@" && look_ahead "$@" && systemd-analyze verify --man=no --recursive-errors=no "$@"; }
}

# systemd takes a day that never comes for one that is to be waited for.
# Usage: check_calendars UNIT...
check_calendars() {
  for unit; do
    case $unit in *.timer) ;; *) continue ;; esac
    sed -n 's/^OnCalendar=//p' "$OWN_UNITS/$unit" >"$work/calendars"
    while IFS= read -r calendar <&3; do
      means=$(systemd-analyze calendar "$calendar" 2>&1 3<&-) || fail "at of ${unit%.timer}: $means"
      case $means in *': never'*) fail "at of ${unit%.timer}: \"$calendar\" never comes; mend it" ;; esac
    done 3<"$work/calendars"
  done
}

# Here, where what is written to /etc is written beside it.
# Usage: look_ahead UNIT...
look_ahead() {
  : >"$work/programs"
  for unit; do
    case $unit in *@3700.*) unit_of=${unit%@3700.*}@.${unit##*@3700.} ;; *) unit_of=$unit ;; esac
    set --
    for unit_file in "$OWN_UNITS/$unit_of" "$OWN_UNITS/$unit_of.d"/*.conf; do
      [ ! -f "$unit_file" ] || set -- "$@" "$unit_file"
    done
    [ $# = 0 ] || grep -Ho '^ExecStart=/[^ ]*' "$@" | sed "s/^/$unit$TAB/; s/:ExecStart=/$TAB/" >>"$work/programs"
  done
  while IFS=$TAB read -r unit unit_file program <&3; do
    case $program in
      /srv/*/current/*) in_release "$unit_file" "${program#/srv/}" 3<&- ;;
      /srv/*) ;;
      *) [ -x "$program" ] || fail "${unit%%[@.]*} runs $program, which is not on this server; $(how_to_bring)" ;;
    esac
  done 3<"$work/programs"
}

# Usage: in_release UNIT_FILE PROGRAM
in_release() {
  name=${2%%/*}
  coming=$(awk -F '\t' -v releases="/srv/$name/releases/" \
    '$1 == "tree" && index($2, releases) == 1 { print $2; exit }' "$work/items")
  [ -z "$coming" ] || look_ahead_in "$1"
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
