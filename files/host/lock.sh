# One run at a time changes a host. The kernel lets go of the lock when its holder dies.

# For another manifest of its own run it waits longer: the rollout of one app may take longer than LOCK_WAIT.
take_lock() {
  exec 9>>"$STATE/lock"
  rounds=0
  until flock -w "$LOCK_WAIT" 9; do
    rounds=$((rounds + 1)) held=$(cat "$STATE/lock.holder")
    case $held in
      "run ${run:--}, "*)
        log_line "waits  $STATE/lock: $held"
        [ "$rounds" -ge "$LOCK_ROUNDS" ] || continue
        ;;
    esac
    fail "another run holds $STATE/lock: $held; wait for it or end that process"
  done
  # What runs that were killed had not put in its place yet.
  find "$STATE" -mindepth 2 -maxdepth 3 -name '.keelson.*' -delete
  for left in /etc/.keelson.* /etc/*.keelson-new; do ! is_there "$left" || rm -rf "$left"; done
  take_moment
  printf 'run %s, process %s, since %s, for %s, by %s\n' "${run:--}" "$$" "$moment" \
    "${manifest:--}" "${SUDO_USER:-root}${SSH_CONNECTION:+ from ${SSH_CONNECTION%% *}}" >"$STATE/lock.holder"
}
