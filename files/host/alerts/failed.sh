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
      kind=failed subject=$name
      [ ! -f "/etc/systemd/system/$name.timer" ] || kind=job
      ;;
  esac
  said_last "$1" | alert "$kind" "$subject" "$(how_failed "$1")"
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
    case $name in *@*) ! [ -f "/var/log/$known_app/${name#*@}.log" ] || tail -c 4096 "/var/log/$known_app/${name#*@}.log" ;; esac
  } | last_lines 15 | sed 's/^    //'
}
