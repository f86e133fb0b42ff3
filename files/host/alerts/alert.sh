# What is to reach a person: docs/alerts.md. Whoever has something to say writes a file in memory, where neither a full
# disk nor a sandbox such as Monit's is in its way; keelson-alert.service takes it from there.

CHANNELS=/etc/keelson/alerts
DROP=/run/keelson-alerts
ALERTS=$STATE/alerts
EVENTS='failed hung recovered resource need certificate unit job updates rollout-failed rollout'
# Bytes of a text, and files that may wait in memory.
ALERT_LIMIT=3000 DROP_LIMIT=500

# Usage: alert EVENT SUBJECT [TEXT]. More text may come on standard input; without TEXT what Monit says of its check is
# one. Asks no network, and never fails.
alert() {
  (
    set +eu
    tell_alert "$@"
  ) 2>/dev/null || :
}

tell_alert() {
  event=$(plain_word "$1")
  case " $EVENTS " in *" $event "*) ;; *) event=unit ;; esac
  subject=$(printf '%s' "$2" | tr -c ' -~' '?' | cut -c 1-100)
  find_app "${subject%%@*}"
  text=$(
    {
      printf '%s\n' "${3:-$MONIT_DESCRIPTION}"
      [ -t 0 ] || timeout 5 head -c 65536
    } | cut_secrets "$known_app" | in_text
  )
  first=$(printf '%s' "${text%%"$NEWLINE"*}" | head -c 300 | iconv -c -f UTF-8 -t UTF-8)
  level=warning
  case $event in recovered | rollout) level=notice ;; esac
  logger -t keelson-alert -p "daemon.$level" -- "$event $subject${first:+: $first}"
  ! is_silent || return 0
  for channel in "$CHANNELS"/*; do
    [ ! -f "$channel" ] || { drop_alert && break; }
  done
}

plain_word() { printf '%s' "$1" | tr -cd 'a-z-'; }

# Printable lines of UTF-8, as long as a message may be; what is first in it is kept.
in_text() {
  sed 's/\x1b\[[0-9;]*[A-Za-z]//g' | tr -d '\000-\010\013-\037\177' | sed '/^[[:space:]]*$/d' | head -c "$ALERT_LIMIT" |
    iconv -c -f UTF-8 -t UTF-8
}

# Usage: find_app NAME. Sets known_app, the app that it is, or a part of: shop of shop, and of shop-mail.
find_app() {
  known_app=$1
  while :; do
    case $known_app in '' | *[!a-z0-9-]*) known_app='' && return ;; esac
    [ ! -f "$STATE/manifests/rollout-$known_app" ] || return 0
    case $known_app in *-*) known_app=${known_app%-*} ;; *) known_app='' && return ;; esac
  done
}

# Whether nobody wants to be told now: for as long as "keelson silence" says, and of what happens in a rollout, whose
# own message tells of it.
is_silent() {
  until=0 now=$(date +%s)
  [ ! -f "$ALERTS/silent" ] || read -r until <"$ALERTS/silent"
  # A clock that was wrong silences nobody for ever.
  case $until in '' | *[!0-9]*) until=0 ;; esac
  if [ "$until" -gt "$now" ] && [ $((until - now)) -le 604800 ]; then return 0; fi
  case $event in failed | hung | recovered) ;; *) return 1 ;; esac
  [ -n "$known_app" ] && [ -f "$STATE/rollouts/$known_app/lock" ] && ! flock -n -s "$STATE/rollouts/$known_app/lock" true
}

# Named by the time since boot, which no clock changes: event, subject, time, then the text.
drop_alert() {
  mkdir -p "$DROP"
  read -r uptime _ </proc/uptime
  name=$(printf '%09d' "${uptime%.*}")${uptime#*.}.$$
  set -- "$DROP"/[0-9]*
  if [ $# -ge "$DROP_LIMIT" ]; then echo >>"$DROP/.dropped" && return; fi
  printf '%s\n' "$event" "$subject" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$text" >"$DROP/.$name" &&
    mv "$DROP/.$name" "$DROP/$name"
}
