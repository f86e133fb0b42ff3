# What runs as the app runs, in a release and once: its hooks before and after a rollout, and the command that
# says whether an instance is healthy, to a rollout or to Monit. The unit is the hook unit that the app brings: an instance's user,
# environment and sandbox.

# Runs the hook `before`, unless it ran well for this release once: not when an environment changes, nor
# on the way back to a release that is kept, nor again after a rollout that was ended by force.
prepare_release() {
  [ -n "$before" ] || return 0
  ! grep -qsxF "$release" "$place/prepared" || return 0
  run_hook before "$before" && printf '%s\n' "$release" >>"$place/prepared"
}

# Usage: run_hook before|after COMMAND
run_hook() {
  [ -n "$2" ] || return 0
  since=@$(date +%s.%N) goal=$release
  run_as_app "$1" "$2" "$hook_time" && ran=yes || ran=no
  [ "$ran" = no ] || return 0
  evidence=$(journal_of "$(app_unit "$1")" 15)
  reason="the hook \"$1\" failed: $2"
  name_refusal
  return 1
}

# An instance of a template that does not exist. No name of an app holds a `_` or a dot, so that none is like it, nor
# that of another one's hook: keelson_before@shop.service, keelson_health@shop.3700.service.
# Usage: app_unit before|after|health@INSTANCE|watch@INSTANCE
app_unit() {
  case $1 in
    *@*) printf 'keelson_%s@%s.%s.service' "${1%%@*}" "$app" "${1#*@}" ;;
    *) printf 'keelson_%s@%s.service' "$1" "$app" ;;
  esac
}

# Usage: run_as_app NAME COMMAND SECONDS [VARIABLE=VALUE]
run_as_app() {
  once=$(app_unit "$1")
  hook_unit "$2" "$3" "${4:-}" >"/run/systemd/system/$once"
  # A unit of this name that ran before may not be forgotten yet; one that systemd never read it reads by itself.
  [ "$(systemctl show --no-pager -p NeedDaemonReload --value "$once" 2>/dev/null)" != yes ] || systemctl daemon-reload
  # In the background, so that whoever ends the rollout need not wait for it.
  systemctl start "$once" 2>/dev/null &
  wait "$!" && outcome_of=good || outcome_of=bad
  systemctl reset-failed "$once" 2>/dev/null || :
  rm -f "/run/systemd/system/$once"
  [ "$outcome_of" = good ]
}

# Of a rollout that was ended by force: its end must not pass for that of the next one's.
end_hooks() {
  units_once=/run/systemd/system
  # Also by the names that an earlier version gave them.
  for left in "$units_once/$(app_unit before)" "$units_once/$(app_unit after)" "$units_once/keelson_health@$app".*.service \
    "$units_once/keelson-$app-before.service" "$units_once/keelson-$app-after.service" "$units_once/keelson-$app-health@"*.service; do
    [ -f "$left" ] || continue
    systemctl stop "${left##*/}" 2>/dev/null || :
    systemctl reset-failed "${left##*/}" 2>/dev/null || :
    rm -f "$left"
    systemctl daemon-reload
  done
}

# Usage: hook_unit COMMAND SECONDS VARIABLE=VALUE
hook_unit() {
  if [ -f "$(hook_file)" ]; then cat "$(hook_file)"; else hook_of_unit_file; fi
  printf 'WorkingDirectory=%s\nTimeoutStartSec=%s\nExecStart=/usr/bin/env %s\n' "$home/releases/$goal" "$2" "$1"
  [ -z "$3" ] || printf 'Environment=%s\n' "$3"
}

# Of an app that an older helper applied: its instances' own unit, without what makes it a service.
hook_of_unit_file() {
  printf '[Unit]\nDescription=Hook of %s\n[Service]\nType=oneshot\n' "$app"
  awk '/^\[/ { service = $0 == "[Service]" }
    service && /^[A-Z][A-Za-z]*=/ && !/^(Type|WorkingDirectory|Exec[A-Za-z]*|Restart[A-Za-z]*|KillMode|Timeout[A-Za-z]*|SuccessExitStatus|Standard[A-Za-z]*)=|%/' \
    "$(unit_file)"
}
