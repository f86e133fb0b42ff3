# Rollouts: moves the instances of an app to what is wanted without losing a request.
# docs/rollout.md tells the steps and the reasons. All of it but apply_rollout, apply_instances and
# remove_rollout runs in a transient unit of its own, which outlives the connection.
# Beside this file: generation.sh, drain.sh, instance.sh, hook.sh.

# Usage: apply_rollout LINE. Starts the rollout, follows it and reports what came of it.
apply_rollout() {
  rollout_of "$(item_name "$1")"
  await_rollout
  if [ "$waited" = yes ] && [ "$(printf '%s\n' "$1" | observe_rollout)" = "$(state_fields "$1")" ]; then return 0; fi
  # Instances that run something else than what is wanted drifted only when the wish is an old one.
  origin=change
  [ "$(what_runs "$(grep "^rollout$TAB$app$TAB" "$work/before" || :)")" != "$(what_runs "$1")" ] || origin=drift
  printf '%s\n' "${run:--}" "$(operator)" "$origin" "$1" >"$work/order"
  install_durably "$work/order" "$place/order"
  rm -f "$place/result" "$place/report" "$place/failure"
  systemd-run --quiet --wait --collect --unit="keelson-rollout-$app" \
    --description="Moves the instances of $app" -p Type=exec -p KillMode=mixed -p TimeoutStopSec=5min \
    -p StandardOutput="append:$place/report" -p StandardError="append:$place/failure" \
    -p ExecStopPost="$HELPER rollout heal $app" \
    "$HELPER" rollout "$place/order" >"$work/complaints" 2>&1 || :
  await_rollout
  report_rollout
}

# Who is logged in, and from where: sudo itself still has what it keeps from its command.
operator() {
  from=$(cat "/proc/$$/environ" "/proc/$PPID/environ" 2>/dev/null | tr '\0' '\n' | sed -n 's/^SSH_CONNECTION=\([0-9a-fA-F.:]*\).*/ from \1/p' | head -n 1)
  printf '%s%s\n' "${SUDO_USER:-$(id -un)}" "$from"
}

# Of an item line that which is seen on the host; the rest tells how it comes about.
what_runs() {
  printf '%s\n' "$1" | tr '\t' '\n' | grep -E '^(current|target|@unit|@environment|@public|[0-9]+)=' || :
}

rollout_of() {
  app=$1 place=$STATE/rollouts/$1 table=keelson_drain_$(printf '%s' "$1" | tr - _)
  mkdir -p "$place"
}

# The kernel lets go of the lock when its holder dies, so that only a rollout that goes on keeps it.
await_rollout() {
  waited=no
  ! flock -n "$place/lock" true || return 0
  waited=yes
  flock -w "$LOCK_WAIT" "$place/lock" true ||
    fail "rollout $app: $(cat "$place/holder") still goes on; wait for it, or end it: systemctl stop keelson-rollout-$app"
}

# Waits for what an earlier run, whose connection was lost, left going on. Called before a manifest is applied.
await_rollouts() {
  for place in "$STATE"/rollouts/*; do
    [ ! -f "$place/lock" ] || { app=${place##*/} && await_rollout; }
  done
}

state_fields() { printf '%s\n' "$1" | tr '\t' '\n' | grep -v '^@' | paste -s; }

# What it said is in the host's log already, so it is only passed on.
report_rollout() {
  cat "$place/report" 2>/dev/null || :
  if [ ! -f "$place/result" ] || [ "$(cat "$place/result")" = 143 ]; then
    heal
    fail "rollout $app was ended from outside; run up again. What it did: journalctl -u keelson-rollout-$app
$(cat "$work/complaints" "$place/failure" 2>/dev/null)"
  fi
  [ "$(cat "$place/result")" = 0 ] || fail "$(sed '1s/^keelson: //' "$place/failure")"
}

# Usage: run_rollout ORDER, or run_rollout heal APP when a rollout has ended in whatever way.
run_rollout() {
  open_work
  if [ "$1" = heal ]; then
    rollout_of "$2"
    manifest=rollout-$app
    IFS= read -r run <"$place/order" || :
    heal
    return 0
  fi
  { IFS= read -r run && IFS= read -r by && IFS= read -r origin && IFS= read -r line; } <"$1"
  rollout_of "$(item_name "$line")"
  manifest=rollout-$app
  exec 8>>"$place/lock"
  flock -n 8 || fail "rollout $app: $(cat "$place/holder") still goes on"
  printf 'run %s, process %s, since %s, by %s' "$run" "$$" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$by" >"$place/holder"
  trap end_rollout EXIT
  trap 'exit 143' TERM INT
  heal again
  read_order
  clear_overrides
  find_old_generation
  roll
}

read_order() {
  home=/srv/$app
  release=$(field current "$line") public=$(field public "$line")
  public=${public:+$home/public/$public}
  unit_hash=$(field @unit "$line") environment_hash=$(field @environment "$line")
  drain=$(field @drain "$line") start=$(field @start "$line") watch=$(field @watch "$line")
  answers=$(field @answers "$line") status=$(field @status "$line") text=$(field @text "$line")
  host=$(field @host "$line") path=$(field @path "$line") listen=$(unit_listen)
  ports=$(printf '%s\n' "$line" | tr '\t' '\n' | sed -n 's/^\([0-9][0-9]*\)=.*/\1/p')
  reload_units
  current=$(field current "$observation")
  identity=$release$TAB$unit_hash$TAB$environment_hash
}

# Whatever starts from here on is what lies on disk.
reload_units() {
  observation=$(printf '%s\n' "$line" | observe_rollout)
  case $observation in *'=reload needed'*) say "$origin" "rollout $app: systemd has read its units again" ;; esac
  systemctl daemon-reload
  observation=$(printf '%s\n' "$line" | observe_rollout)
}

end_rollout() {
  result=$?
  set +e
  trap '' TERM INT
  heal
  printf '%s\n' "$result" >"$place/result"
  (exit "$result")
  close_work
}

# Nothing of a rollout that was ended by force stays: its hook ends, an instance that was not proven yet
# goes back to where `current` pointed, connections are let through again, Monit watches again; before the
# first instance was proven, also the old unit file and environment come back.
# Usage: heal [again], `again` when a rollout begins.
heal() {
  end_hooks
  if [ -f "$place/moving" ]; then
    back='' unproven='' stage=''
    { IFS= read -r back && IFS= read -r unproven && IFS= read -r stage; } <"$place/moving" || :
    [ -z "$back" ] || point "/srv/$app/current" "/srv/$app/releases/$back"
    # A rollout that begins finds the files of its own generation, just written.
    [ "${1:-}" = again ] || [ "$stage" != trial ] || restore_generation
    for port in $unproven; do
      [ -z "$back" ] || runs_before "$port" || restart_instance "$port"
      say change "rollout $app: $port was being moved when the rollout was ended"
    done
    monit_each monitor "$unproven"
    rm -f "$place/moving"
  fi
  nft delete table inet "$table" 2>/dev/null || :
}

# Whether an instance runs what `heal` brings back.
runs_before() {
  if [ "$stage" = trial ] && [ -s "$place/good/identity" ]; then
    IFS=$TAB read -r of_release of_unit of_environment _ <"$place/good/identity"
    [ "$(field "$1" "$(goal_line "$of_release" "$of_unit" "$of_environment" "$1" | observe_rollout)")" = current ]
  else
    runs_release "$1" "$back"
  fi
}

roll() {
  sort_ports
  moved='' returning=no stage=rest
  [ "$changed" = no ] || roll_first "${down:-$up}"
  advance "$release" "$public"
  stage=rest
  rm -f "$place/moving"
  # What does not run cannot be missed: all of it at once.
  roll_batches "$(count "$down")" "$down"
  roll_batches "$(batch_size)" "$up"
  finish
}

# Ports that are not current: down, those that serve nobody now; up, those that do.
sort_ports() {
  down='' up=''
  for port in $ports; do
    case $(field "$port" "$observation") in
      current) ;;
      stopped | failed | masked | restarting | starting) down="${down:+$down }$port" ;;
      *) up="${up:+$up }$port" ;;
    esac
  done
  found_down=$down
}

# A new generation proves itself on one instance, which then is watched while it serves.
roll_first() {
  stage=trial
  note_moving ''
  prepare_release || {
    restore_generation
    note_failed
    fail "rollout $app: $reason; no instance was moved
$evidence"
  }
  note_generation
  first=${1%% *}
  [ -n "$first" ] || return 0
  { move "$release" "$first" && watch_instance "$first"; } || go_back
  down=$(without "$first" "$down") up=$(without "$first" "$up")
}

roll_batches() {
  size=$1
  # shellcheck disable=SC2086 # ports
  set -- $2
  while [ $# -gt 0 ]; do
    batch=''
    while [ $# -gt 0 ] && [ "$(count "$batch")" -lt "$size" ]; do
      batch="${batch:+$batch }$1"
      shift
    done
    { still_up && move "$release" "$batch"; } || go_back
  done
}

count() { printf '%s\n' "$1" | wc -w; }
# Usage: without PORTS LIST
without() {
  for one in $2; do
    case " $1 " in *" $one "*) ;; *) printf '%s\n' "$one" ;; esac
  done | paste -s -d ' '
}

# A share is rounded up; one instance at least stays in service.
batch_size() {
  all=$(count "$ports") size=$(field @batch "$line")
  case $size in *%) size=$(((all * ${size%\%} + 99) / 100)) ;; esac
  [ "$size" -lt "$all" ] || size=$((all - 1))
  [ "$size" -gt 0 ] || size=1
  echo "$size"
}

# Usage: move RELEASE PORTS. Drains, stops, starts on the release and waits until it is healthy.
# On failure: port, reason and evidence.
move() {
  goal=$1 moving=$2 began=$(now)
  note_moving "$moving"
  monit_each unmonitor "$moving"
  # The queue of a socket that systemd holds must stay open; the app itself ends what it has begun.
  if is_queued "$moving"; then count_open "$moving"; else drain_ports "$moving"; fi
  tell_cut rollout "$moving" "$origin"
  [ "$listen" = socket ] || stop_instances "$moving"
  { start_on "$goal" && prove; } || {
    collect_evidence
    return 1
  }
  open_ports
  monit_each monitor "$moving"
  settle_moving
  moved="${moved:+$moved }$moving"
  tell_moved
}

# What `heal` puts right: where `current` belongs, the ports that are being moved, and whether the
# generation is on trial still.
note_moving() {
  unproven=$1
  printf '%s\n%s\n%s\n' "$current" "$1" "$stage" >"$work/moving"
  install_durably "$work/moving" "$place/moving"
}

settle_moving() { if [ "$stage" = trial ]; then note_moving ''; else unproven='' && rm -f "$place/moving"; fi; }

tell_moved() {
  took=$(($(now) - began))
  for port in $moving; do
    from=$(field "$port" "$observation")
    [ "$returning" = no ] && how="${from#release } →" || how='back on'
    say "$origin" "rollout $app: $port $how $(short "$goal") in $((took / 100)).$((took / 10 % 10)) s"
  done
}

short() { printf '%.8s' "$1"; }

# Hundredths of a second since boot.
now() {
  read -r uptime _ </proc/uptime
  echo "${uptime%.*}${uptime#*.}"
}

# Everything back on the generation before; then fails with the reason.
go_back() {
  failure="rollout $app: $port on $(short "$release") $reason"
  [ "$old" != "$release" ] || failure="rollout $app: $port $reason with its new unit file or environment"
  if [ -z "$old" ]; then
    rm -f "$place/moving"
    fail "$failure; there is nothing to go back to, $app@$port.service is left to be looked at
$evidence"
  fi
  shown=$evidence returning=yes came_back="all instances are on $(short "$old") as before"
  moving=${unproven:-$port}
  others=$(without "$moving" "$moved")
  restore_generation
  listen=$(unit_listen) stage=rest
  note_failed
  rm -rf "$place/next"
  advance "$old" "$old_public"
  # First what failed, which serves nobody; then the others.
  return_ports "$moving"
  for port in $others; do return_ports "$port"; done
  fail "$failure; $came_back
$shown"
}

note_failed() { [ "$old" = "$release" ] || printf '%s\n' "$release" >>"$place/failed"; }

# What did not run before does not run afterwards.
return_ports() {
  ran=$(without "$found_down" "$1") stopped=$(without "$ran" "$1")
  tell_units "$stopped" stop
  rm -f "$place/moving"
  [ -n "$ran" ] || return 0
  move "$old" "$ran" && return 0
  came_back="and $port on $(short "$old") $reason, see journalctl -u $app@$port.service"
  open_ports
  rm -f "$place/moving"
}

finish() {
  still_up || go_back
  was=$(field current "$observation")
  [ "$was" = "$release" ] || say "$origin" "rollout $app: current $(short "${was:-none}") → $(short "$release")"
  served=$(field public "$observation")
  [ -z "$public" ] || [ "$served" = "${public##*/}" ] || say "$origin" "rollout $app: public ${served:-none} → ${public##*/}"
  systemctl is-active --quiet "$app.target" || systemctl start "$app.target"
  if [ "$changed" = yes ]; then keep_generation; else note_public; fi
  prune
  [ "$changed" = no ] || [ "$old" = "$release" ] || run_hook after || fail "rollout $app: $reason; all instances are on $(short "$release") nevertheless
$evidence"
}

# Usage: apply_instances LINE ORIGIN. Drains and stops what runs on ports that nobody wants any more.
apply_instances() {
  rollout_of "$(item_name "$1")"
  drain=$(field @drain "$1") start=60
  wanted=$(field ports "$1" | tr ',' ' ')
  surplus=$(without "$wanted" "$(field ports "$(printf '%s\n' "$1" | observe_instances)" | tr ',' ' ')")
  [ -n "$surplus" ] || return 0
  # Somebody may have started one by a name that is no port.
  numbers=$(printf '%s\n' "$surplus" | tr ' ' '\n' | grep -x '[0-9]*' | paste -s -d ' ')
  : >"$work/open"
  [ -z "$numbers" ] || drain_ports "$numbers"
  tell_cut instances "$numbers" "$2"
  stop_instances "$surplus"
  tell_units "$surplus" reset-failed
  open_ports
  for port in $surplus; do say "$2" "instances $app: $port stopped"; done
}

# Usage: remove_rollout APP. Ends all of the app that runs, and forgets what its rollouts noted.
remove_rollout() {
  rollout_of "$1"
  home=/srv/$app
  systemctl stop "keelson-rollout-$app.service" 2>/dev/null || :
  systemctl stop "$app.target" "$app@*.service" "$app@*.socket" 2>/dev/null || :
  systemctl reset-failed "$app@*" 2>/dev/null || :
  open_ports
  for hash in "$home"/releases/*; do
    [ ! -d "$hash" ] || remove_release "${hash##*/}"
  done
  rm -rf "$home/current" "$home/public/current" "$home/public/previous" "$place"
  say change "rollout $app: all instances stopped"
}
