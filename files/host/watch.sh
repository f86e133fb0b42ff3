# What Monit asks of each instance, round by round: whether it is healthy, in the way in which a rollout asks, and whether
# it keeps to its limits. Monit starts again what is not healthy for long; its sandbox lets nothing write but to /run.

WATCHED=/run/keelson/watched
MONIT_FOLDER=/etc/monit/keelson.d

# Usage: watch_app APP INSTANCE, of a member such as mail@1. Ends with 3, and says why, where it is not healthy; with 4 where it said nothing for so
# long that it was started again. 1 is a failure of its own, for which nothing may be started again.
watch_app() {
  app=$1 key=$2 place=$STATE/rollouts/$1
  name_unit "$2"
  instance=${unit%.service}
  work=$WATCHED/$instance told_file=$MONIT_FOLDER/${instance%@*}.health
  find_home "$app"
  [ -d "$work" ] || mkdir -p "$work"
  read_watched
  find_group
  location='' got='' answer='' timing='' silent=no
  ask_while_silent
  if [ "$well" = yes ]; then note_well; else note_unwell; fi
  [ "$silent" = no ] || end_silent
  [ -z "$group" ] || watch_limits
  [ "$well" = yes ] || exit 3
}

# One that says nothing is asked again at once: a question may fall into a moment of much work, but whose event loop was
# free for no moment in $silence seconds hangs. Sets well, took, for the last answer, and now.
ask_while_silent() {
  read_clock
  first_asked=$clock
  while :; do
    asked_at=$clock
    is_well && well=yes || well=no
    read_clock
    if [ "$silent" = no ] || [ $((clock - first_asked)) -ge $((silence * 100)) ]; then break; fi
  done
  took=$((clock - asked_at)) now=$((clock / 100))
}

end_silent() {
  # A rollout that began meanwhile has told Monit to look away.
  ask_monit -B status "$(check_of "$instance")" | grep -q '^ *monitoring status  *Monitored' || exit 0
  "$MONIT_FOLDER/restart" "$instance.service" "$start" silent
  exit 4
}

# In the words of a rollout; in those of an earlier version, until the site of the app is applied.
read_watched() {
  {
    IFS= read -r first
    case $first in
      "health$TAB"*) read_settings "$first" ;;
      *)
        read_settings ''
        host=$first
        IFS= read -r path
        read -r status
        read -r patience
        IFS= read -r text || :
        ;;
    esac
  } <"$told_file"
}

# Sets group, the control group of the instance, and main, one of its processes; empty where it does not run.
find_group() {
  base=${instance%@*} main=''
  group=/sys/fs/cgroup/system.slice/system-$base.slice/$instance.service
  case $base in *-*) group=/sys/fs/cgroup/system.slice/system-$(printf %s "$base" | sed 's/-/\\x2d/g').slice/$instance.service ;; esac
  # Somebody may have given it another slice; what does not run has no group.
  if [ ! -d "$group" ]; then
    group=$(systemctl show --no-pager -p ControlGroup --value "$instance.service") || group=''
    group=${group:+/sys/fs/cgroup$group}
  fi
  [ -z "$group" ] || read -r main 2>/dev/null <"$group/cgroup.procs" || :
  [ -n "$main" ] || group=''
}

is_well() {
  case $health in
    stay) ;;
    file)
      answer='does not run'
      [ -n "$main" ] && beats "$(($(date +%s) - age))"
      ;;
    command)
      goal=$(readlink "$home/current") && goal=${goal##*/}
      answer="does not run, or is ill: $check"
      run_as_app "watch@$key" "$check" "$patience" "KEELSON_INSTANCE=${key#*@}"
      ;;
    *) ask "$key" ;;
  esac
}

# It was started again for what it was, or systemd had given up on it, and is well now.
note_well() {
  rm -f "$work/reason"
  [ -f "$work/hung" ] || { [ -f "$work/failed" ] && has_stayed; } || return 0
  rm -f "$work/hung" "$work/failed"
  raise recovered 'is well again'
}

# What ends again and again runs in between, too.
has_stayed() {
  [ -n "$main" ] || return 1
  entered=$(systemctl show --no-pager -p ActiveEnterTimestampMonotonic --value "$instance.service") || return 1
  [ "${entered:-0}" != 0 ] && [ $((now - entered / 1000000)) -ge 60 ]
}

# Monit's log has it, and the alert that it was started again.
note_unwell() {
  reason=$answer
  {
    printf '%s' "$answer"
    answer_said
  } | LC_ALL=C tr -cs '[:print:]' ' ' | cut -c 1-400 >"$work/reason.new"
  # Who starts it again may be reading.
  mv -f "$work/reason.new" "$work/reason"
  printf '%s ' "$instance"
  cat "$work/reason"
}

# Usage: raise EVENT TEXT
raise() { "$HELPER" alert "$1" "$instance" "$2" </dev/null >/dev/null 2>&1 || :; }
