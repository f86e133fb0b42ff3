# What keelson-failed@.service runs: systemd starts it for a unit that has failed, which for one that is started again is
# when its start limit is hit.

# Usage: tell_failed UNIT
tell_failed() {
  # They are steps of what tells of itself.
  case $1 in
    keelson-failed@* | keelson-alert.service | keelson_*) return 0 ;;
    keelson-rollout-*)
      rolled=${1#keelson-rollout-} rolled=${rolled%.service}
      # One that came to its end has told of it.
      [ -f "$STATE/rollouts/$rolled/result" ] || alert rollout-failed "$rolled" 'it was ended from outside' </dev/null
      return 0
      ;;
  esac
  name=${1%.service}
  find_app "${name%%@*}"
  case $known_app/$name in
    /*) kind=unit subject=$1 ;;
    *@*) kind=failed subject=$name ;;
    *)
      kind=unit subject=$1
      ! grep -D skip -qs '^# One run of the job ' "$OWN_UNITS/$1" || kind=job subject=$name
      ;;
  esac
  if [ "$kind" = failed ] && was_told; then return 0; fi
  said_last "$1" | alert "$kind" "$subject" "$(how_failed "$1")"
}

# Whether it has not been well since somebody was told: it is tried again every ten minutes, and told of every six hours.
# `keelson watch` takes the mark away, and tells that it is well.
was_told() {
  mark=$WATCHED/$name/failed event=failed
  [ -z "$(find "$mark" -mmin -360 2>/dev/null)" ] || return 0
  is_silent || { mkdir -p "${mark%/*}" && : >"$mark"; }
  return 1
}

# In words, of what systemd says of it.
how_failed() {
  result='' status='' restarts=''
  while IFS='=' read -r property value; do
    case $property in Result) result=$value ;; ExecMainStatus) status=$value ;; NRestarts) restarts=$value ;; esac
  done <<SHOWN
$(systemctl show --no-pager -p Result,ExecMainStatus,NRestarts "$1")
SHOWN
  case $result in
    exit-code) echo "exited with status $status" ;;
    signal | core-dump) echo "was ended by signal $status" ;;
    start-limit-hit) echo "ended again and again, $restarts times, and is started no more" ;;
    oom-kill) echo "took more memory than it may" ;;
    timeout) echo "was not done in time" ;;
    success | '') echo failed ;;
    *) echo "failed: $result" ;;
  esac
}

# Its last lines, in the journal or in its log file.
said_last() {
  timeout 10 journalctl --sync 2>/dev/null || :
  {
    timeout 10 journalctl --no-pager -q -o cat -n 20 -u "$1" 2>/dev/null || :
    [ -z "$known_app" ] || tail -c 4096 "$(log_file_of)" 2>/dev/null || :
  } | last_lines 15 | sed 's/^    //'
}

# Where it writes, when it logs to files: 3700.log, mail@1.log of a member, job.log, or clean.log of a job that is one.
log_file_of() {
  own=${name#"$known_app"}
  case $own in
    '') own=job ;;
    @*) own=${own#@} ;;
    *) own=${own#-} ;;
  esac
  printf '/var/log/%s/%s.log' "$known_app" "$own"
}
