# shellcheck shell=sh
# How set-up speaks: one line per step with the time that it took, and errors that say what to do.

# fail WHAT [REMEDY]: ends set-up.
fail() {
  printf 'set-up: %s\n' "$1" >&2
  [ -z "${2-}" ] || printf '  %s\n' "$2" >&2
  exit 1
}

note() {
  printf 'set-up: %s\n' "$1"
}

# step NAME TEXT REMEDY COMMAND...: runs a command with its output in .keelson/log/NAME.log;
# when it fails, ends set-up with the last lines of that log and the remedy.
step() {
  log=.keelson/log/$1.log text=$2 remedy=$3
  shift 3
  printf 'set-up: %s …' "$text"
  began=$(date +%s)
  if "$@" >"$log" 2>&1; then
    printf ' %s s\n' "$(($(date +%s) - began))"
  else
    printf ' failed after %s s\n' "$(($(date +%s) - began))"
    tail -n 15 "$log" >&2
    fail "$text: failed; the whole output is in $log" "$remedy"
  fi
}
