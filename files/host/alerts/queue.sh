# What waits to be sent: on the disk, a directory for each channel, in the order in which it came. Of what comes again and
# again the first is sent at once, and how often it came since when ten minutes are over.

# In memory: what is known of this boot alone, and what the disk has no room for.
SENDING=/run/keelson-sending
WINDOW=600
# Things that are told of by themselves within it, and messages that wait for one channel.
THINGS=20 QUEUE_LIMIT=200

# Sets now, in seconds since boot.
take_now() { read -r now _ </proc/uptime && now=${now%.*}; }

# All that was dropped, into windows and queues.
take_drops() {
  if [ -s "$DROP/.dropped" ]; then
    for channel in $channels; do add_to "$channel/.dropped" "$DROP/.dropped"; done
    rm -f "$DROP/.dropped"
  fi
  for dropped in "$DROP"/*; do
    [ ! -f "$dropped" ] || { take_drop && rm -f "$dropped"; }
  done
}

take_drop() {
  { read -r event && IFS= read -r subject; } <"$dropped"
  window=$SENDING/windows/$(printf '%s %s' "$event" "$subject" | tr -c 'A-Za-z0-9' _)
  if [ ! -f "$window" ]; then
    set -- "$SENDING"/windows/*
    if [ $# -lt "$THINGS" ]; then
      printf '%s 0\n' $((now + WINDOW)) >"$window"
      enqueue "$dropped" 0
      return
    fi
    window=$SENDING/windows/others
    [ -f "$window" ] || printf '%s 0\n' $((now + WINDOW)) >"$window"
  fi
  read -r until more <"$window"
  printf '%s %s\n' "$until" $((more + 1)) >"$window"
  cp "$dropped" "$SENDING/last/${window##*/}"
}

# Says how often what was told of came again, and goes on to count.
end_windows() {
  for window in "$SENDING"/windows/*; do
    [ -f "$window" ] || continue
    read -r until more <"$window"
    [ "${until:-0}" -le "$now" ] || continue
    if [ "${more:-0}" = 0 ]; then rm -f "$window" && continue; fi
    enqueue "$SENDING/last/${window##*/}" "$more"
    printf '%s 0\n' $((now + WINDOW)) >"$window"
  done
}

# Usage: enqueue FILE MORE. For each channel that is told of such events.
enqueue() {
  { read -r event && IFS= read -r subject && IFS= read -r time; } <"$1"
  { printf '%s\n' "$event" "$subject" "$time" "$2" && sed 1,3d "$1"; } >"$SENDING/message"
  for channel in $channels; do
    case " $(setting events) " in *" $event "*) ;; *) continue ;; esac
    set -- "$ALERTS/queue/$channel"/[0-9]* "$SENDING/queue/$channel"/[0-9]*
    if [ $# -gt "$QUEUE_LIMIT" ]; then
      echo >"$SENDING/one"
      add_to "$channel/.dropped" "$SENDING/one"
    else
      add_to "$channel/$(next_number "$@")" "$SENDING/message"
    fi
  done
}

# Usage: next_number FILES
next_number() {
  highest=0
  for file; do
    number=${file##*/}
    case $number in *[!0-9]*) continue ;; esac
    number=$(printf '%s' "$number" | sed 's/^0*//')
    [ "${number:-0}" -le "$highest" ] || highest=$number
  done
  printf '%09d\n' $((highest + 1))
}

# Usage: add_to PLACE FILE. Adds a file to one of the queue: whole, and on the disk, or in memory where that is full.
add_to() {
  for queue in "$ALERTS/queue" "$SENDING/queue"; do
    mkdir -p "$queue/${1%/*}" 2>/dev/null || continue
    cat "$queue/$1" "$2" 2>/dev/null | dd of="$queue/${1%/*}/.new" conv=fsync status=none 2>/dev/null &&
      [ -s "$queue/${1%/*}/.new" ] && mv -f "$queue/${1%/*}/.new" "$queue/$1" && return 0
    rm -f "$queue/${1%/*}/.new"
  done
  log_alert err "$1 could be written neither to the disk nor to memory"
}

# Sets message, the first that waits for a channel; fails where there is none.
first_message() {
  for message in "$ALERTS/queue/$channel"/[0-9]* "$SENDING/queue/$channel"/[0-9]*; do
    [ ! -f "$message" ] || return 0
  done
  return 1
}

# How many the queue had no room for.
count_dropped() { cat "$ALERTS/queue/$channel/.dropped" "$SENDING/queue/$channel/.dropped" 2>/dev/null | wc -c; }

log_alert() { logger -t keelson-alert -p "daemon.$1" -- "$2"; }
