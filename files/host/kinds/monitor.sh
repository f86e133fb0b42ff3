# Kind `monitor`: a check of Monit's that is loaded and watches.

order_monitor=87 waits_monitor=yes around_monitor=yes reader_monitor=monit
# A Monit that is down, or cannot read its configuration, tells nothing; nor of a check whose file is not there.
echoes_monitor='state unknown (unit monit.service|(file|link|absent|directory) /etc/monit/.*)
state not.loaded (file|link|absent|directory) /etc/monit/.*'

MONIT=/etc/monit

# Asks Monit, which reads its files first: one that became a pipe would hold it for ever. A busy host has time to answer.
ask_monit() {
  for monit_file in "$MONIT/monitrc" "$MONIT"/keelson.d/*.conf "$MONIT"/conf.d/* "$MONIT"/conf-enabled/*; do
    [ ! -p "$monit_file" ] || return 124
  done
  timeout -k 1 30 monit "$@" 2>/dev/null
}

# While a Monit of ours reads its files anew it refuses, for a moment; one that was waited for is not asked again, nor
# one that the kit has not set up yet, which may answer nobody.
ask_monit_status() {
  ask_monit -B status && return 0
  [ $? -lt 124 ] || return 0
  case $NEWLINE${remembered:-}$NEWLINE${was_begun:-} in *"${NEWLINE}monitor$TAB"*) ;; *) return 0 ;; esac
  ! systemctl is-active -q monit.service 2>/dev/null || { sleep 0.5 && ask_monit -B status; } || :
}

observe_monitor() {
  monitor_lines=$1
  {
    ask_monit_status
    printf '\nitems\n%s\n' "$monitor_lines"
  } | awk -F '\t' -v q="'" '
    items { print "monitor\t" $2 "\tstate=" (!seen ? "unknown" : !($2 in status) ? "not loaded" : \
      status[$2] ~ /^(Monitored|Waiting|Initializing)/ ? "monitored" : "not monitored"); next }
    $0 == "items" { items = 1; next }
    $0 ~ "^[A-Z][A-Za-z ]* " q ".*" q "$" { split($0, part, q); name = part[2] }
    /^  monitoring status/ { sub(/^  monitoring status */, ""); status[name] = $0; seen = 1 }'
}

begin_monitor() { :; }
# All of them are waited for at the end.
apply_monitor() { :; }

# After a reload Monit needs a moment until it knows its checks.
end_monitor() {
  [ -n "$1" ] || return 0
  case "$rows $told_units $started " in *"${TAB}monitor$TAB"* | *' monit.service '*) ;; *) return 0 ;; esac
  read_clock
  watched_until=$((clock + 6000))
  while [ "$clock" -lt "$watched_until" ]; do
    unwatched=$(observe_monitor "$1" | awk -F '\t' '$3 != "state=monitored" { print $2 }')
    [ -n "$unwatched" ] || return 0
    # One that was waited for would be waited for again, check by check; what the next look sees of it is told.
    for check in $unwatched; do ask_monit monitor "$check" >/dev/null || [ $? -lt 124 ] || return 0; done
    sleep 0.02
    read_clock
  done
}

remove_monitor() { stays=silent; }
