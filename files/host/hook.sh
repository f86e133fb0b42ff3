# Hooks: the commands of an app that run before a release and after it.

# Runs the hook `before`, unless it ran well for this release once: not when an environment changes, nor
# on the way back to a release that is kept, nor again after a rollout that was ended by force.
prepare_release() {
  [ -n "$(field @before "$line")" ] || return 0
  ! grep -qsxF "$release" "$place/prepared" || return 0
  run_hook before && printf '%s\n' "$release" >>"$place/prepared"
}

# Usage: run_hook before|after. Runs the hook as an instance would run: same user, environment and sandbox.
run_hook() {
  command=$(field "@$1" "$line")
  [ -n "$command" ] || return 0
  hook=keelson-$app-$1.service since=@$(date +%s.%N)
  hook_unit "$1" >"/run/systemd/system/$hook"
  systemctl daemon-reload
  # In the background, so that whoever ends the rollout need not wait for the hook.
  systemctl start "$hook" 2>/dev/null &
  wait "$!" && ran=yes || ran=no
  journalctl --sync 2>/dev/null || :
  evidence=$(journalctl --no-pager -q -o cat -n 15 --since "$since" -u "$hook" | cut -c 1-300 | sed 's/^/    /')
  systemctl reset-failed "$hook" 2>/dev/null || :
  rm -f "/run/systemd/system/$hook"
  systemctl daemon-reload
  reason="the hook \"$1\" failed: $command"
  [ "$ran" = yes ]
}

# The hook of a rollout that was ended by force: its end must not pass for that of the next one's.
end_hooks() {
  for left in "/run/systemd/system/keelson-$app-before.service" "/run/systemd/system/keelson-$app-after.service"; do
    [ -f "$left" ] || continue
    systemctl stop "${left##*/}" 2>/dev/null || :
    systemctl reset-failed "${left##*/}" 2>/dev/null || :
    rm -f "$left"
    systemctl daemon-reload
  done
}

# The instances' own unit, without what makes it a service.
hook_unit() {
  printf '[Unit]\nDescription=Hook of %s, %s the rollout\n' "$app" "$1"
  printf '[Service]\nType=oneshot\nWorkingDirectory=%s\nTimeoutStartSec=%s\n' "$home/releases/$release" "$(field @hook "$line")"
  printf 'ExecStart=/usr/bin/env %s\n' "$command"
  awk '/^\[/ { service = $0 == "[Service]" }
    service && /^[A-Z][A-Za-z]*=/ && !/^(Type|WorkingDirectory|Exec[A-Za-z]*|Restart[A-Za-z]*|KillMode|Timeout[A-Za-z]*|SuccessExitStatus|Standard[A-Za-z]*)=|%/' \
    "$(unit_file)"
}
