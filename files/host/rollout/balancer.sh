# A server leaves its load balancers while its instances move: as long as the flag lies there, nginx answers their health
# checks of this app with 503, and all else as ever. In memory, so that a host which dies meanwhile is back by itself.

LEAVING=/run/keelson-leaving

# Whether nginx knows what to answer them; its site is told after the first rollout.
is_balanced() { [ "${leave:-0}" -gt 0 ] && [ -f "$(health_file)" ]; }
health_file() { echo "/etc/nginx/keelson.d/$app.health"; }
access_log() { echo "/var/log/nginx/$app.access.log"; }

# Usage: leave_balancers INSTANCES. Before the first of them that serves stops; those that do not are no loss.
leave_balancers() {
  [ -z "$member" ] || return 0
  [ -n "$(without "${found_down:-}" "$1")${predecessor:-}" ] || return 0
  [ -z "${has_left:-}" ] && is_balanced || return 0
  has_left=yes
  logged=$(stat -c %s "$(access_log)" 2>/dev/null || echo 0)
  : >"$LEAVING.$app"
  pass_time "$leave"
  say "$origin" "rollout $app: left its load balancers, which took $leave s to notice"
  is_asked ||
    say warn "rollout $app: no load balancer has asked for /keelson-health/$app in $leave s; they may go on to send requests here"
}

# Usage: rejoin_balancers. What comes next, such as the next server, begins when they send requests here again.
rejoin_balancers() {
  rm -f "$LEAVING.$app"
  if [ -z "${has_left:-}" ]; then
    # It was out of them as long as nothing of it ran.
    [ "$(of_member '' "$found_down")" = "$(of_member '' "$keys")" ] && [ -z "${predecessor:-}" ] && is_balanced || return 0
  fi
  has_left=''
  pass_time "$rejoin"
  say "$origin" "rollout $app: is in its load balancers again, which took $rejoin s to notice"
}

# Usage: pass_time SECONDS. In steps, so that whoever ends the rollout need not wait.
pass_time() {
  read_clock
  passed_at=$((clock + $1 * 100))
  while read_clock && [ "$clock" -lt "$passed_at" ]; do sleep 0.5; done
}

# Whether one of them has been told since. nginx begins another log at night.
is_asked() {
  long=$(stat -c %s "$(access_log)" 2>/dev/null || echo 0)
  [ "$long" -ge "$logged" ] || return 0
  tail -c "+$((logged + 1))" "$(access_log)" 2>/dev/null |
    grep -aq -e "^[^ ]* - [^ ]* \[[^]]*\] \"[A-Z]* /keelson-health/${app}[ ?][^\"]*\" 503 " \
      -e "^{.*,\"request\":\"[A-Z]* /keelson-health/${app}[ ?][^\"]*\",\"status\":503,"
}
