# What systemd has given up on is started once more: by a timer of the unit's own, and when what an app needs is back.

# Usage: retry_unit UNIT. Not where what it is part of was stopped, nor where it runs by now.
retry_unit() {
  systemctl --no-pager --quiet is-failed "$1" || return 0
  for whole in $(systemctl show --no-pager -p PartOf --value "$1"); do
    systemctl --no-pager --quiet is-active "$whole" || return 0
  done
  # It may be started as often as ever, and pauses as ever in between.
  systemctl --no-pager reset-failed "$1"
  systemctl --no-pager start --no-block "$1"
}

# Usage: forget_tries INSTANCES. Of the app at hand; what has not failed by now needs no other try.
forget_tries() {
  # Mostly there is none.
  waiting_tries=$(systemctl --no-pager --plain --no-legend list-units "keelson-retry@$app@*.timer" "keelson-retry@$app-*@*.timer" 2>/dev/null) || waiting_tries=''
  [ -n "$waiting_tries" ] || return 0
  still_failed=$(systemctl --no-pager --plain --no-legend --state=failed list-units "$app@*.service" "$app-*@*.service" 2>/dev/null) || still_failed=''
  tries_of=''
  for key in $1; do
    name_unit "$key"
    case $NEWLINE$still_failed in *"$NEWLINE$unit "*) ;; *) tries_of="$tries_of keelson-retry@$unit.timer" ;; esac
  done
  # shellcheck disable=SC2086 # names of units
  [ -z "$tries_of" ] || systemctl --no-pager stop $tries_of 2>/dev/null || :
}
