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

# disk_is_full: the step said so, or there was no room for its words.
disk_is_full() {
  case $(tail -n 100 "$log") in *ENOSPC* | *'o space left on device'*) return 0 ;; esac
  [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -lt 10240 ]
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
    ! disk_is_full || remedy='a disk is full: free some space, then try again'
    fail "$text: failed; the whole output is in $log" "$remedy"
  fi
}
