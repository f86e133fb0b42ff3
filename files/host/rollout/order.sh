# The order of a rollout: which run wants what of an app. A transient unit carries it out, which outlives the
# connection; the run that gave it follows, and reports what came of it.

# Usage: rollout_of APP. Where the app lies, and what is known of its rollouts.
rollout_of() {
  app=$1 place=$STATE/rollouts/$1 table=keelson_drain_$1
  case $1 in *-*) table=$(printf '%s' "$table" | tr - _) ;; esac
  find_home "$1"
  [ -d "$place" ] || mkdir -p "$place"
}

# Usage: order_the_rollout LINE ORIGIN
order_the_rollout() {
  {
    printf '%s\n' "${run:--}" "$(operator)" "$2" "$1"
    rows_of rollout "$app"
    cat "$taken"
  } >"$work/order"
  install_durably "$work/order" "$place/order"
  rm -f "$place/result" "$place/report" "$place/failure"
  systemd-run --quiet --wait --collect --unit="keelson-rollout-$app" \
    --description="Moves the instances of $app" -p Type=exec -p KillMode=mixed -p TimeoutStopSec=5min \
    -p MemoryMax=512M -p OOMPolicy=continue \
    -p StandardOutput="append:$place/report" -p StandardError="append:$place/failure" \
    -p ExecStopPost="$HELPER rollout recover $app" \
    "$HELPER" rollout "$place/order" >"$work/complaints" 2>&1 || :
  await_rollout
}

# Who is logged in, and from where: sudo itself still has what it keeps from its command.
operator() {
  from=$(sed -nz 's/^SSH_CONNECTION=\([0-9a-fA-F.:]*\).*/ from \1/p' "/proc/$$/environ" "/proc/$PPID/environ" 2>/dev/null | tr '\0' '\n')
  printf '%s%s\n' "${SUDO_USER:-$(id -un)}" "${from%%"$NEWLINE"*}"
}

# The kernel lets go of the lock when its holder dies, so that only a rollout that goes on keeps it. Who only looks for
# one shares the lock: else two of them would take each other for a rollout.
await_rollout() {
  ! flock -n -s "$place/lock" true || return 0
  flock -s -w "$LOCK_WAIT" "$place/lock" true ||
    fail "rollout $app: $(cat "$place/holder") still goes on; wait for it, or end it: systemctl stop keelson-rollout-$app"
}

# Waits for what an earlier run, whose connection was lost, left going on. Called before a manifest is applied.
await_rollouts() {
  for place in "$STATE"/rollouts/*; do
    [ ! -f "$place/lock" ] || { app=${place##*/} && await_rollout; }
  done
}

# What it said is in the host's log already, so it is only passed on.
report_rollout() {
  [ ! -f "$place/report" ] || cat "$place/report" >>"$work/said"
  result=''
  [ ! -f "$place/result" ] || read -r result <"$place/result" || :
  case $result in
    0) ;;
    '' | 143)
      recover
      fail "rollout $app was ended from outside; run up again. What it did: journalctl -u keelson-rollout-$app
$(cat "$work/complaints" "$place/failure" 2>/dev/null)"
      ;;
    *) fail "$(sed '1s/^keelson: //' "$place/failure")" ;;
  esac
}

# Usage: run_rollout ORDER, or run_rollout recover APP when a rollout has ended in whatever way. In the transient
# unit; one that an older helper started says `heal`.
run_rollout() {
  open_work
  case $1 in
    recover | heal)
      rollout_of "$2"
      manifest=rollout-$app
      IFS= read -r run <"$place/order" || :
      recover
      ;;
    *) carry_out "$1" ;;
  esac
}

carry_out() {
  { IFS= read -r run && IFS= read -r by && IFS= read -r origin && IFS= read -r line; } <"$1"
  rows=$(sed 1,4d "$1")
  rollout_of "$(item_name "$line")"
  manifest=rollout-$app
  exec 8>>"$place/lock"
  # Somebody may look just now.
  flock -w 5 8 || fail "rollout $app: $(cat "$place/holder") still goes on"
  take_moment
  printf 'run %s, process %s, since %s, by %s' "$run" "$$" "$moment" "$by" >"$place/holder"
  trap end_rollout EXIT
  trap 'exit 143' TERM INT
  recover again
  read_line "$line"
  goers=$(printf '%s\n' "$rows" | sed -n "s/^takes$TAB//p")
  rm -f "$place/taken"
  observe_again
  # Who only starts it anew mends nothing.
  [ "$anew" = yes ] || mend_units
  current=$(field current "$observation") came_from=$current
  if [ "$anew" = yes ]; then
    restart_all
    return
  fi
  find_old_generation
  if is_still; then roll_still; else roll; fi
}

end_rollout() {
  result=$?
  set +e
  trap '' TERM INT
  recover
  forget_tries "${keys:-}"
  printf '%s\n' "$result" >"$place/result"
  tell_rollout "$result"
  (exit "$result")
  close_work
}

# Usage: origin_of KEY. Why it is moved, as the look said of each; what became so since, for the reason of all.
origin_of() {
  for of_key in drift change new found; do
    case $NEWLINE$rows in *"$NEWLINE$of_key${TAB}rollout$TAB$app$TAB$1$TAB"*) echo "$of_key" && return ;; esac
  done
  echo "$origin"
}
