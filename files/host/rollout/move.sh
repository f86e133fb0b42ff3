# Moves one instance, or a few at once: out of service, stopped, started on a release, healthy, in service.

# Usage: move RELEASE INSTANCES. Of the app itself, or of one member. On failure: key, reason and evidence.
move() {
  goal=$1 moving=$2 pointed_back=yes
  turn_to "${moving%% *}"
  leave_balancers "$moving"
  read_clock
  began=$clock
  note_moving "$moving"
  monit_each unmonitor "$moving"
  take_out "$moving"
  # One alone serves until it stops.
  [ "$single" = no ] || { read_clock && began=$clock; }
  say_open rollout "$moving" "$(origin_of "${moving%% *}")"
  [ "$listen" = socket ] || stop_instances "$moving"
  ! is_taken "$moving" || end_goers "$moving"
  [ -z "${predecessor:-}" ] || [ "$returning" = yes ] || [ -n "$member" ] || end_predecessor "$moving"
  { start_on "$goal" && await_health; } || {
    collect_evidence
    return 1
  }
  read_clock
  ready=$clock
  # One alone serves from its first good answer on.
  [ "$single" = no ] || ready=${answered_at:-$clock}
  open_ports
  monit_each monitor "$moving"
  note_arrived
  moved="${moved:+$moved }$moving"
  say_moved
}

# Usage: start_on RELEASE. Starts $moving there.
start_on() {
  since=@$(date +%s.%N) answered_at=''
  for key in $moving; do
    stat -c %s "/var/log/$app/$key.log" >"$work/logged.$key" 2>/dev/null || echo 0 >"$work/logged.$key"
  done
  case $type/$listen in web/port | tcp/port | tcp/public) free_ports || return 1 ;; esac
  point "$home/current" "$home/releases/$1"
  pointed_back=no
  systemctl_each reset-failed service "$moving"
  # Of a stopped service its socket would start another at once, on whatever release.
  [ "$listen" = socket ] && verb=restart || verb=start
  systemctl_each "$verb" service "$moving"
  read_clock
  started_at=$clock
}

# Once more refused, for the stop may have taken long; and free for the instances.
free_ports() {
  [ "$single" = yes ] || refuse_ports "$moving"
  for key in $moving; do
    ! had_port "$key" || claim_port "$app" "$key"
    holder=$(port_holder "$key")
    [ -z "$holder" ] || { reason="cannot have its port, which is held by $holder" && return 1; }
  done
}

# A port that was its own before is so by right; of a new one somebody may not know yet.
had_port() { grep -qs "^rollout$TAB$app$TAB\(.*$TAB\)\{0,1\}$1=" "$STATE/manifests/rollout-$app"; }

# Who listens on a port and is none of the instance, in words.
port_holder() {
  port_holders "$1" | while IFS=$TAB read -r pid of; do
    case $of in "$app@$1.service" | "$app@$1.socket") continue ;; esac
    printf '%s (process %s of %s)%s' "$(program_of "$pid")" "$pid" "$of" "$(how_to_get_port "$of")"
    break
  done
}

# Another app gives up its ports when its own site is told, and one that goes at the end of a run.
# Usage: how_to_get_port UNIT
how_to_get_port() {
  other=${1%@*}
  [ "$other" != "$1" ] && [ -f "$STATE/manifests/rollout-$other" ] || return 0
  printf '; give %s another port, or take this one from %s in a run of its own first' "$app" "$other"
}

# A socket that stays would start its service at once.
stop_instances() {
  [ "$queued" = no ] || systemctl_each stop socket "$1"
  systemctl_each stop service "$1"
}

# Usage: systemctl_each VERB service|socket INSTANCES. Failures are seen by whoever looks at the instances next.
systemctl_each() {
  units=''
  for key in $3; do name_unit "$key" && units="$units ${unit%service}$2"; done
  # shellcheck disable=SC2086 # names of units
  [ -z "$units" ] || systemctl "$1" $units 2>/dev/null || :
}

say_moved() {
  took=$((ready - began))
  for key in $moving; do
    how="$(field "$key" "$seen") → current"
    case $returning in yes) how="back on $(short "$goal")" ;; anew) how=restarted ;; esac
    say "$(origin_of "$key")" "rollout $app $key $how in $((took / 100)).$((took / 10 % 10)) s"
  done
}

# What somebody masked, or overrides for this app alone, is put aside before anything starts. Of several
# overrides an instance shows one at a time. Whatever starts from here on is what lies on disk.
# Sets seen, the instances as they were found, and tells what needs no move.
mend_units() {
  seen=$observation
  while has_overrides; do
    shown=$observation
    for key in $keys; do name_unit "$key" && put_override_aside "$unit" "$(field "$key" "$observation")"; done
    systemctl daemon-reload
    observe_again
    [ "$observation" != "$shown" ] || fail "rollout $app: $shown; it cannot be put aside"
  done
  ! needs_reload || systemctl daemon-reload
  case $observation in *'=reload needed'*) observe_again ;; esac
  for key in $keys; do
    was=$(field "$key" "$seen")
    case $was/$(field "$key" "$observation") in
      # What runs may have been started with it.
      current/* | overridden*) ;;
      */current) say "$(origin_of "$key")" "rollout $app $key $was → current" ;;
    esac
  done
}

has_overrides() { case $observation in *=masked* | *=overridden*) ;; *) return 1 ;; esac }

# The manifest before has made systemd read its files, unless somebody was here meanwhile.
needs_reload() {
  # shellcheck disable=SC2046 # names of units
  case $(systemctl show --no-pager -p NeedDaemonReload $(printf '%s\n' "$line" | rollout_units) 2>/dev/null) in
    *=yes*) ;;
    *) return 1 ;;
  esac
}

put_override_aside() {
  case $2 in
    masked)
      systemctl unmask --quiet "$1" "${1%service}socket" 2>/dev/null || :
      systemctl unmask --quiet --runtime "$1" "${1%service}socket" 2>/dev/null || :
      ;;
    overridden*)
      override=${2#overridden by }
      # It may be gone already, and systemd not have been told.
      [ ! -e "$override" ] || put_aside "$override"
      rmdir "${override%/*}" 2>/dev/null || :
      ;;
  esac
}

observe_again() {
  observation=$(printf '%s\n' "$line" | observe_rollout)
  [ -n "$observation" ] || fail "rollout $app: nothing could be found out about its instances"
}
