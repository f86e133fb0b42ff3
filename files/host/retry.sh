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
