# A job that is run at once: what it says is shown as it says it, and its exit status is that of the command.

# Usage: run_job JOB. 124: it took too long; 128 and more: it was ended by a signal; 1: it could not begin.
run_job() {
  job=${1:-}
  case $job in *[!a-z0-9-]*) job='' ;; esac
  grep -D skip -qs '^# One run of the job ' "/etc/systemd/system/$job.service" ||
    fail "there is no job ${1:-} here; choose among: $(jobs_here)"
  case $(systemctl show --no-pager -p ActiveState --value "$job.service") in
    inactive | failed) ;;
    *) fail "$job runs already, and never twice at once; what it says: journalctl -fu $job.service" ;;
  esac
  follow_run
  how_it_ended
}

jobs_here() {
  grep -D skip -ls '^# One run of the job ' /etc/systemd/system/*.service | sed 's|.*/||; s|[.]service$||' | paste -s -d ' '
}

# It goes on when this ends, as when the connection is lost.
follow_run() {
  log=$(sed -n 's/^StandardOutput=append://p' "/etc/systemd/system/$job.service")
  shown=$(stat -c %s "$log" 2>/dev/null || echo 0)
  journalctl -q -n 1 --cursor-file="$work/cursor" >/dev/null 2>&1 || :
  { systemctl start "$job.service" 2>"$work/complaints" || : && echo >"$work/ended"; } &
  until [ -f "$work/ended" ]; do
    sleep 0.2
    show_said
  done
  timeout 10 journalctl --sync 2>/dev/null || :
  show_said
}

show_said() {
  if [ -z "$log" ]; then
    journalctl -q -o cat --no-pager --cursor-file="$work/cursor" "_SYSTEMD_UNIT=$job.service" 2>/dev/null || :
    return 0
  fi
  size=$(stat -c %s "$log" 2>/dev/null || echo "$shown")
  # It was rotated meanwhile.
  [ "$size" -ge "$shown" ] || shown=0
  [ "$size" = "$shown" ] || tail -c "+$((shown + 1))" "$log" | head -c "$((size - shown))"
  shown=$size
}

how_it_ended() {
  outcome='' code=0
  while IFS='=' read -r property value; do
    case $property in Result) outcome=$value ;; ExecMainStatus) code=$value ;; esac
  done <<SHOWN
$(systemctl show --no-pager -p Result,ExecMainStatus "$job.service")
SHOWN
  case $outcome in
    success) return 0 ;;
    exit-code) ending="exited with status $code" ;;
    timeout) ending='took longer than it may, and was ended' code=124 ;;
    oom-kill) ending='used more memory than it may, and was killed' code=137 ;;
    signal | core-dump) ending="was ended by signal $code" code=$((128 + code)) ;;
    *) ending="failed: $outcome $(cat "$work/complaints")" code=1 ;;
  esac
  [ "$code" != 0 ] || code=1
  printf 'keelson: %s %s\n' "$job" "$ending" >&2
  exit "$code"
}
