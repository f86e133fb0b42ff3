# What comes before each start of an instance, as root. One that ended without being asked to is started again at once,
# and after a pause that grows where it ends soon again: what it waits for may not be there yet. systemd itself knows
# growing pauses on Debian 13 alone, and there it never forgets how often an instance has ended.

BEGUN=/run/keelson/begun

# Usage: begin_instance APP INSTANCE [port]
begin_instance() {
  case $1/$2 in *[!a-z0-9/-]* | /* | */ | */*/*) return 0 ;; esac
  pause_start "$1" "$2"
  [ "${3:-}" != port ] || claim_port "$1" "$2"
}

# In $BEGUN: when it began last, in hundredths of a second since boot, and how often it had ended soon by then.
pause_start() {
  last='' ended=0
  read -r last ended 2>/dev/null <"$BEGUN/$1@$2" || :
  read_clock
  pause=0
  # Neither who is started by hand nor who ran for a minute waits.
  if [ -z "$last" ] || [ "$(systemctl show --no-pager -p NRestarts --value "$1@$2.service" 2>/dev/null)" = 0 ]; then
    ended=0
  elif [ $((clock - last)) -ge 6000 ]; then
    ended=1
  else
    ended=$((ended + 1))
    case $ended in 1) ;; 2) pause=1 ;; 3) pause=2 ;; 4) pause=4 ;; 5) pause=8 ;; *) pause=10 ;; esac
  fi
  [ -d "$BEGUN" ] || mkdir -p "$BEGUN" 2>/dev/null || :
  printf '%s %s\n' "$((clock + pause * 100))" "$ended" 2>/dev/null >"$BEGUN/$1@$2" || :
  [ "$pause" = 0 ] || sleep "$pause"
}
