# What an operator runs once as an app runs: in its current release, as its user, in its environment and sandbox.

# Ends with the exit code of the command; 255 where a signal ended it. In its words systemd puts variables in.
# Usage: run_once APP terminal|pipe COMMAND...
run_once() {
  case ${1:-} in '' | *[!a-z0-9-]*) fail "\"${1:-}\" is not the name of an app" ;; esac
  app=$1 through=--pipe
  [ "${2:-}" != terminal ] || through=--pty
  [ $# -gt 2 ] || fail "$app: no command is given"
  shift 2
  find_home "$app"
  goal=$(readlink -e "$home/current") || goal=''
  [ -f "$(hook_file)" ] || goal=''
  [ -n "$goal" ] || fail "$app: nothing of it was rolled out here; run pulumi up"
  once=keelson_run@$app.$$.service
  drop_in=/run/systemd/system/$once.d
  trap 'rm -rf "$drop_in"' EXIT
  trap 'systemctl stop "$once" 2>/dev/null; exit 143' HUP INT TERM
  mkdir -m 0755 "$drop_in"
  # systemd-run itself does not know all that a unit file may say.
  { echo '[Service]' && settings_of_hook; } >"$drop_in/keelson.conf"
  # Its words may be secret, and would be its description.
  set -- systemd-run --quiet --wait --collect "$through" --unit="$once" --description="Command of $app" \
    -p "WorkingDirectory=$goal" -- /usr/bin/env "$@"
  if [ "$through" = --pty ]; then
    "$@" && code=0 || code=$?
  else
    # In the background it would read nothing of the standard input.
    exec 3<&0
    "$@" <&3 3<&- &
    ran=$!
    end_with_caller "$ran" "$once" &
    wait "$ran" && code=0 || code=$?
  fi
  exit "$code"
}

# All that the hook unit says of a service, but for what makes it one.
settings_of_hook() {
  awk '/^\[/ { service = $0 == "[Service]" } service && /^[A-Z][A-Za-z]*=/ && !/^(Type|SyslogIdentifier)=/' "$(hook_file)"
}

# Without a terminal nobody tells the command that the connection is gone, by which it was started.
# Usage: end_with_caller PROCESS UNIT
end_with_caller() {
  caller=$(session_of "$PPID")
  [ -n "$caller" ] || return 0
  while kill -0 "$1" 2>/dev/null; do
    [ -d "/proc/$caller" ] || { systemctl stop "$2" 2>/dev/null || :; return 0; }
    sleep 1
  done
}

# Usage: session_of PROCESS. The process of sshd above it, if there is one.
session_of() {
  above=$1
  while [ "${above:-1}" -gt 1 ]; do
    IFS= read -r name <"/proc/$above/comm" || return 0
    case $name in sshd*) echo "$above" && return 0 ;; esac
    above=$(sed -n 's/^PPid:\t//p' "/proc/$above/status" 2>/dev/null)
  done
}
