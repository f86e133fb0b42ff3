# Check `systemd`: a template as one instance of it, a drop-in as a part of its unit. What goes needs no check.
check_systemd() {
  set -f
  # shellcheck disable=SC2046 # unit names hold no blanks
  set -- $(awk -F '\t' '$1 == "systemd" && $2 != "-" { name = $2; sub(/\.d\/[^\/]*$/, "", name)
    sub(/^.*\//, "", name); sub(/@\./, "@3700.", name); if (!seen[name]++) print name }' "$1/checks")
  [ $# = 0 ] || systemd-analyze verify --man=no --recursive-errors=no "$@"
}
