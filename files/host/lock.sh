# One run at a time changes a host. The kernel lets go of the lock when its holder dies.

# For another manifest of its own run it waits without an end: the rollout of one app may take longer than LOCK_WAIT.
take_lock() {
  exec 9>>"$STATE/lock"
  until flock -w "$LOCK_WAIT" 9; do
    case $(cat "$STATE/lock.holder") in "run ${run:--}, "*) continue ;; esac
    fail "another run holds $STATE/lock: $(cat "$STATE/lock.holder"); wait for it or end that process"
  done
  # What runs that were killed had not put in its place yet.
  find "$STATE" -mindepth 2 -maxdepth 3 -name '.keelson.*' -delete
  rm -rf /etc/.keelson.* /etc/*.keelson-new
  printf 'run %s, process %s, since %s\n' "${run:--}" "$$" "$(date -u +%H:%M:%SZ)" >"$STATE/lock.holder"
}
