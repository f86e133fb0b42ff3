# The limits of an instance, and what becomes of it when it is beyond one for long: it is told, told to reload, or started
# again. What is measured is the control group's, so that it counts whatever the instance has started.

# For each line `limit NAME ABOVE SECONDS alert|reload|restart`.
watch_limits() {
  identity=$(stat -c %i "$group") || return 0
  while read -r word name above seconds reaction; do
    if [ "$word" = limit ] && "measure_$name"; then hold_to_limit; fi
  done <"$told_file"
}

# Each sets value and shown, the same in words; it fails where there is nothing to measure.

# Where the kernel sees to it that nothing takes more than it may, there is nothing to do.
measure_allowed() { [ ! -e "$group/memory.max" ] && measure_memory; }

# Mebibytes: resident memory of all its processes, as ps and top show it.
measure_memory() {
  value=0
  while read -r process; do
    while read -r field_of amount _; do
      [ "$field_of" != VmRSS: ] || value=$((value + amount))
    done <"/proc/$process/status"
  done 2>/dev/null <"$group/cgroup.procs" || :
  value=$((value / 1024))
  shown="uses ${value}M of memory, above ${above}M"
}

# Per cent of one core, since it was looked at before.
measure_cpu() {
  used='' before='' before_at='' before_of=''
  read -r _ used 2>/dev/null <"$group/cpu.stat" || return 1
  read -r before before_at before_of 2>/dev/null <"$work/cpu" || :
  printf '%s %s %s\n' "$used" "$clock" "$identity" >"$work/cpu"
  [ "$before_of" = "$identity" ] && [ "$clock" -gt "$before_at" ] || return 1
  value=$(((used - before) / (clock - before_at) / 100))
  shown="uses $value% of a core, above $above%"
}

measure_openFiles() {
  value=0
  while read -r process; do
    set -- "/proc/$process/fd"/*
    [ ! -L "$1" ] || value=$((value + $#))
  done 2>/dev/null <"$group/cgroup.procs"
  shown="has $value files and connections open, above $above"
}

# Milliseconds. Who gives no good answer is not slow, but ill.
measure_responseTime() {
  [ "$well" = yes ] || return 1
  value=$((took * 10))
  shown="took $value ms to answer, above $above ms"
}

# Milliseconds, as the app says in a header of its answer: `Server-Timing: eventloop;dur=12.5`. One that does not is told
# of, lest the limit passes for kept.
measure_eventLoop() {
  [ "$well" = yes ] || return 1
  value=$((above + 1)) shown='does not say how late its event loop is: its answer has no header Server-Timing: eventloop;dur='
  case $timing in
    *eventloop\;*dur=[0-9]*)
      value=${timing#*eventloop;} value=${value#*dur=} value=${value%%[!0-9]*}
      shown="has an event loop that is $value ms late, above $above ms"
      ;;
    *) reaction=alert ;;
  esac
}

# In a file of each limit: since when it is beyond, which start of the instance that was, and whether that was told.
hold_to_limit() {
  since='' of='' told=''
  read -r since of told 2>/dev/null <"$work/limit.$name" || :
  if [ "$value" -le "$above" ]; then
    rm -f "$work/limit.$name"
    [ -z "$told" ] || raise recovered "is within its limit of $name again"
    return 0
  fi
  [ "$of" = "$identity" ] || since=$now
  [ $((now - since)) -lt "$seconds" ] || [ -n "$told" ] || answer_excess
  printf '%s %s %s\n' "$since" "$identity" "$told" >"$work/limit.$name"
}

answer_excess() {
  excess=$shown
  [ "$now" = "$since" ] || excess="$shown for $((now - since)) s"
  case $reaction in
    # It is tried until it happens: what was just started has its time.
    restart) "$MONIT_FOLDER/restart" "$instance.service" "$start" resource "$excess" >/dev/null 2>&1 & ;;
    reload)
      told=yes
      raise resource "$excess; it is told to reload"
      systemctl --no-block reload "$instance.service" </dev/null 2>/dev/null || :
      ;;
    *)
      told=yes
      raise resource "$excess"
      ;;
  esac
}
