# The sender: runs while something waits to be sent, as keelson-alert.service, and ends then.

# How often a channel is tried, which with the pauses below takes a day, before it is given up what has waited for one.
TRIES=150

deliver_alerts() {
  set +eu
  umask 077
  while :; do
    begin_sending
    take_now
    # First those that are over: what comes days later is told at once.
    end_windows
    take_drops
    for channel in $channels; do
      # Whoever is slow holds up nobody else.
      ! first_message || send_first &
    done
    wait
    is_waiting || return 0
    sleep 3
  done
}

begin_sending() {
  mkdir -p "$DROP" "$SENDING/windows" "$SENDING/last" "$SENDING/queue" "$ALERTS/queue"
  channels=''
  for channel in "$CHANNELS"/*; do [ ! -f "$channel" ] || channels="$channels ${channel##*/}"; done
  # Of channels that are no more.
  for queue in "$ALERTS/queue"/* "$SENDING/queue"/*; do
    case " $channels " in *" ${queue##*/} "*) ;; *) rm -rf "$queue" ;; esac
  done
}

is_waiting() {
  for waiting in "$DROP"/* "$ALERTS/queue"/*/[0-9]* "$SENDING/queue"/*/[0-9]*; do [ ! -f "$waiting" ] || return 0; done
  ! cat "$SENDING/windows"/* 2>/dev/null | grep -qv ' 0$' || return 0
  return 1
}

# The first message of the channel at hand, unless it pauses.
send_first() {
  pause=$SENDING/pause.$channel due=0 tries=0
  [ ! -f "$pause" ] || read -r due tries <"$pause"
  [ "${due:-0}" -le "$now" ] || return 0
  dropped=$(count_dropped)
  read_message "$message" "$dropped"
  send_message
  case $outcome in
    sent)
      [ "${tries:-0}" = 0 ] || log_alert notice "$channel: takes alerts again"
      rm -f "$message" "$pause" "$ALERTS/queue/$channel/.dropped" "$SENDING/queue/$channel/.dropped"
      ;;
    refused)
      log_alert err "$channel refused \"$title\", which is not sent: $said; $(remedy_of "$status" "$code")"
      rm -f "$message" "$pause"
      ;;
    later) try_later $((tries + 1)) ;;
  esac
}

# Usage: try_later TRIES
try_later() {
  case $1 in 1) seconds=5 ;; 2) seconds=15 ;; 3) seconds=30 ;; 4) seconds=60 ;; 5) seconds=120 ;; 6) seconds=300 ;; *) seconds=600 ;; esac
  [ "$seconds" -ge "$wait" ] || seconds=$wait
  [ "$1" != 1 ] || log_alert warning "$channel: \"$title\" is tried again, for a day: $said; $(remedy_of "$status" "$code")"
  if [ "$1" -ge "$TRIES" ] && [ -n "$(find "$message" -mmin +1439)" ]; then
    log_alert err "$channel: \"$title\" is given up after a day: $said"
    rm -f "$message"
  fi
  take_now
  printf '%s %s\n' $((now + seconds)) "$1" >"$pause"
}

# Sends a test alert by each channel at once, and says what came of it; beside the sender, which may be at work.
test_alerts() {
  set +eu
  umask 077
  SENDING=$SENDING/test
  begin_sending
  [ -n "$channels" ] || fail "there are no channels: write alerts below the server in the stack file, and run up"
  failed=0
  for channel in $channels; do
    message=$SENDING/test
    printf '%s\n' test 'a test alert' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" 0 'Nothing is wrong. Alerts of this server arrive here.' >"$message"
    read_message "$message" 0
    send_message
    if [ "$outcome" = sent ]; then
      echo "$channel: sent"
    else
      failed=1
      echo "$channel: not sent: $said; $(remedy_of "$status" "$code")"
    fi
  done
  rm -f "$message"
  exit "$failed"
}

# Usage: silence_alerts SECONDS. Nobody is told until then; 0 ends it.
silence_alerts() {
  case ${1:-} in '' | *[!0-9]* | ???????*) fail "usage: keelson silence SECONDS, up to 604800, a week" ;; esac
  [ "$1" -le 604800 ] || fail "usage: keelson silence SECONDS, up to 604800, a week"
  mkdir -p "$ALERTS"
  echo $(($(date +%s) + $1)) >"$ALERTS/silent"
  if [ "$1" = 0 ]; then echo "alerts are sent again"; else echo "no alerts until $(date -u -d "@$(($(date +%s) + $1))" '+%Y-%m-%d %H:%M:%S') UTC"; fi
}
