# The steps of a rollout: which instances move when, and what comes of a failure.

roll() {
  hold_runs
  sort_instances
  moved='' given_back='' returning=no stage=rest
  find_moved_earlier
  [ "$changed" = no ] || roll_first "$(each_part first_of)"
  make_current "$release" "$public"
  stage=rest
  rm -f "$place/moving"
  each_part roll_part
  finish
}

# Those that are not current: down, that serve nobody now; up, that do.
sort_instances() {
  down='' up=''
  for key in $keys; do
    case $(field "$key" "$seen")/$(field "$key" "$observation") in
      overridden*/current) up="${up:+$up }$key" ;;
      */current) ;;
      */stopped | */failed | */restarting | */starting) down="${down:+$down }$key" ;;
      *) up="${up:+$up }$key" ;;
    esac
  done
  found_down=$down takes='' predecessor=''
  own_down=$(of_member '' "$down")
  # The only one that is wanted does not run.
  case $type/$(of_member '' "$up")/$(count "$own_down") in
    web//1 | tcp//1) [ "$(of_member '' "$keys")" != "$own_down" ] || predecessor=$(predecessor_of "$own_down") ;;
  esac
  [ -z "${goers:-}" ] || takes=$(held_by_goers "$own_down")
  takes=${takes% }
  [ -z "$takes" ] || { down=$(without "$takes" "$down") && up="${up:+$up }$takes"; }
}

# A new generation is on trial on one instance, which then is watched while it serves.
roll_first() {
  stage=trial
  note_moving ''
  prepare_release || {
    put_generation_back
    note_failed
    [ -n "$old" ] || end_first_release ''
    fail "rollout $app: $reason; no instance was moved
$evidence"
  }
  note_next
  # shellcheck disable=SC2086 # keys
  first=$(set -- $1 && echo "${1:-}")
  [ -n "$first" ] || return 0
  { move "$release" "$first" && watch_instance "$first"; } || go_back
  say_wide "$first"
  down=$(without "$first" "$down") up=$(without "$first" "$up")
}

# Usage: roll_batches SIZE INSTANCES
roll_batches() { in_batches roll_batch "$1" "$2"; }
roll_batch() { { still_up && move "$release" "$1"; } || go_back; }

# Usage: in_batches STEP SIZE INSTANCES. Calls the step with so many of them at a time.
in_batches() {
  each_batch=$1 size=$2
  # shellcheck disable=SC2086 # keys
  set -- $3
  while [ $# -gt 0 ]; do
    batch_of=''
    while [ $# -gt 0 ] && [ "$(count "$batch_of")" -lt "$size" ]; do
      batch_of="${batch_of:+$batch_of }$1"
      shift
    done
    "$each_batch" "$batch_of"
  done
}

# shellcheck disable=SC2086 # keys
count() { set -- $1 && echo $#; }

# Usage: without INSTANCES LIST. What of the list is not among them.
without() {
  others=''
  for one in $2; do
    case " $1 " in *" $one "*) ;; *) others="${others:+$others }$one" ;; esac
  done
  printf '%s\n' "$others"
}

# Usage: batch_size [MEMBER]. A share is rounded up; one instance at least stays in service.
batch_size() {
  all=$(count "$(of_member "${1:-}" "$keys")") size=$batch
  case $size in *%) size=$(((all * ${size%\%} + 99) / 100)) ;; esac
  # nginx asks no others yet than those that give way.
  [ -n "${1:-}" ] || [ -z "${takes:-}" ] || size=1
  [ "$size" -lt "$all" ] || size=$((all - 1))
  [ "$size" -gt 0 ] || size=1
  echo "$size"
}

# Everything back on the generation before; then fails with the reason.
go_back() {
  failure="rollout $app: $key on $(short "$release") $reason"
  [ "$old" != "$release" ] || failure="rollout $app: $key $reason with its new unit file or environment"
  if [ -z "$old" ]; then
    name_unit "$key"
    left_one="$unit is stopped, and its journal left to be looked at" shown=$evidence
    ! is_proven "$key" || left_one="systemd goes on to start $unit, see journalctl -u $unit"
    # First who served before, one after another.
    give_all_back "${unproven:-$key}"
    end_first_release "${moved:+$moved }${unproven:-$key}"
    [ -z "$given_back" ] || left_one="what gave way runs again: $given_back"
    fail "$failure; there is nothing to go back to, $left_one
$shown"
  fi
  shown=$evidence returning=yes came_back="all instances are on $(short "$old") as before"
  failed_ones=${unproven:-$key}
  others=$(without "$failed_ones" "$moved $moved_earlier")
  put_generation_back
  read_good_settings
  stage=rest
  note_failed
  rm -rf "$place/next"
  make_current "$old" "$old_public"
  # First what failed, which serves nobody; then the others.
  return_instances "$failed_ones"
  for other in $others; do return_instances "$other"; done
  fail "$failure; $came_back
$shown"
}

# What did not run before does not run afterwards, is not started at the next boot, and keeps no port from others; but for
# what was proven.
# Usage: end_first_release INSTANCES, that may have been started
end_first_release() {
  read_settings "$settings_line"
  started_ones=$(without "$(without "$found_down" "$1") $(proven_among "$1")" "$1")
  [ "$listen" != socket ] || systemctl_each stop socket "$started_ones"
  systemctl_each stop service "$started_ones"
  systemctl_each reset-failed service "$started_ones"
  start_proven "$1"
  rm -f "$place/moving"
  [ -n "$current" ] || rm -f "$home/current"
  if [ -s "$place/good/identity" ] || [ -n "$(without "$found_down" "$keys")" ]; then return 0; fi
  systemctl disable --quiet "$app.target" 2>/dev/null || return 0
  note_left unit "$app.target" enabled disabled
  say change "unit $app.target: disabled, since nothing of $app runs"
}

# What did not run before does not run afterwards, unless it was about to.
return_instances() {
  ran=$(without "$found_down" "$1")
  [ "$1" = "$failed_ones" ] || ! is_taken "$1" || take_out "$1"
  systemctl_each stop service "$(without "$ran" "$1")"
  give_back "$1"
  start_proven "$(without "$ran" "$1")"
  rm -f "$place/moving"
  [ -n "$ran" ] || return 0
  move "$old" "$ran" && return 0
  name_unit "$key"
  came_back="and $key on $(short "$old") $reason, see journalctl -u $unit"
  open_ports
  monit_each monitor "$ran"
  rm -f "$place/moving"
}

finish() {
  still_up || go_back
  say_links
  was=$(field target "$observation")
  [ "$was" = active ] || { systemctl start "$app.target" && say "$(origin_of target)" "rollout $app target $was → active"; }
  rm -f "$place/taken"
  settle "all instances are on $(short "$release")"
}

say_links() {
  was=$(field current "$observation")
  [ "$was" = "$release" ] || say "$(origin_of current)" "rollout $app current $(short "${was:-none}") → $(short "$release")"
  served=$(field public "$observation")
  [ -z "$public" ] || [ "$served" = "${public##*/}" ] ||
    say "$(origin_of public)" "rollout $app public ${served:-none} → ${public##*/}"
}

# Usage: settle WHAT-IS-TRUE-NOW, also when the last hook fails.
settle() {
  if [ "$changed" = yes ]; then make_good; else note_settings "$line"; fi
  [ "${came_from:-}" = "$release" ] || note_current "$release" "${by:-}"
  rejoin_balancers
  remove_old_releases
  [ "$changed" = no ] || [ "$old" = "$release" ] || run_hook after "$after" || fail "rollout $app: $reason; $1 nevertheless
$evidence"
}
