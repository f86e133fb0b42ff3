# What is said and logged, and where a run works.

# What was done: logged at once, lest something that ends this run hides it; told at the end, since a
# lost connection must not stop the work.
# Usage: say ORIGIN TEXT
say() {
  told=$1
  [ ${#1} -ge 6 ] || told=$(printf '%-6s' "$1")
  in_plain "$2"
  printf '%s\n' "$told $plain" >>"$work/said"
  log_line "$told $plain"
}

# Usage: tell < LINES
tell() {
  take_moment
  while IFS= read -r told; do
    in_plain "$told"
    printf '%s\n' "$plain" >>"$work/said"
    printf '%s %s %s %s\n' "$moment" "${run:--}" "${manifest:--}" "$plain" >>"$LOG"
  done
}

# One write for each line, so that those of two programs never mix.
log_line() { take_moment && printf '%s %s %s %s\n' "$moment" "${run:--}" "${manifest:--}" "$1" >>"$LOG"; }

# Sets moment, the time as the log has it. While the host's uptime is the same whole second, nobody is asked again.
take_moment() {
  read -r uptime _ </proc/uptime
  [ "${uptime%.*}" != "${moment_of:-}" ] || return 0
  moment_of=${uptime%.*} moment=$(date -u +%Y-%m-%dT%H:%M:%SZ)
}

# Its first line is the kit's own; those below are what others said of it, each with a mark.
fail() {
  failure_told=$(printf 'keelson: %s\n' "$1" | with_marks)
  if [ -n "${is_late_run:-}" ]; then printf '%s\n' "$failure_told" >"$work/failure"; else printf '%s\n' "$failure_told" >&2; fi
  exit 1
}

# Runs a program that may wait for ever, and ends it with all that it started when its time is over.
# Sets limit_passed.
# Usage: limited SECONDS COMMAND...
limited() {
  limit_passed=no
  # What goes on when its helper was killed keeps nobody from going back.
  timeout -k 5 "$@" 8>&- && return 0 || limited_code=$?
  case $limited_code in
    124 | 137)
      limit_passed=yes
      printf '%s had no end in %s s, and was ended\n' "$2" "$1" >&2
      ;;
  esac
  return "$limited_code"
}

# Everything of one run lies in memory, readable by root alone, and goes with it.
open_work() {
  set --
  for folder in manifests blobs incoming trees units originals pending owners; do
    [ -d "$STATE/$folder" ] || set -- "$@" "$STATE/$folder"
  done
  [ -d /run/keelson ] || set -- "$@" /run/keelson
  [ $# = 0 ] || mkdir -p "$@"
  chmod 0711 "$STATE"
  # Whoever writes into a pipe waits for a reader.
  for own in "$LOG" "$STATE/lock" "$STATE/lock.holder"; do
    if is_there "$own" && [ ! -f "$own" ]; then put_aside "$own"; fi
  done
  give_incoming
  sweep_work
  work=$(mktemp -d "/run/keelson/run.$$.XXXXXX")
  : >"$work/said"
  : >"$work/touched"
  : >"$work/undo"
  : >"$work/made"
  trap close_work EXIT
  # A connection that ends must not end the work: it is finished, and found finished by the next run.
  trap '' HUP PIPE
}

# Uploads are theirs whose manifests come: neither of who runs a job or starts an app anew, nor of a rollout, which knows
# nothing of who logs in.
give_incoming() {
  case ${command:-} in
    apply | prune | confirm | installed) [ -z "${SUDO_USER:-}" ] || chown "$SUDO_USER" "$STATE/incoming" ;;
  esac
}

# What runs left that were killed: it may hold secrets.
sweep_work() {
  for left in /run/keelson/run.*; do
    [ -d "$left" ] || continue
    maker=${left#*run.} maker=${maker%%.*}
    # Another program may have got its number by now.
    grep -qs keelson "/proc/$maker/cmdline" || rm -rf "$left"
  done
}

close_work() {
  result=$?
  # Nobody may be there to be told.
  set +e
  [ "$result" = 0 ] || undo
  cat "$work/said" 2>/dev/null
  if [ "$result" != 0 ] && [ -n "${is_late_run:-}" ]; then note_late "$result" && result=0; fi
  rm -rf "$work"
  exit "$result"
}

# Puts a file in place so that it is there whole or not at all, also after a power cut.
# Usage: install_durably FILE PATH [MODE]
install_durably() {
  durable=${2%/*}/.keelson.$$
  dd if="$1" of="$durable" conv=excl,fsync status=none
  [ -z "${3:-}" ] || chmod "$3" "$durable"
  mv -fT "$durable" "$2"
}
