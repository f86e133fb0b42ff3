# Boot: what cloud-init still works on is not looked at before that is done. Sent along with the facts; read-only.

# Usage: wait_for_boot SECONDS [made]
# made: by the program, so that what cloud-init could not do is missing there until the kit has come.
wait_for_boot() {
  left=$1
  while is_booting; do
    [ "$left" -gt 0 ] || refuse_boot "cloud-init is not done after $1 s"
    sleep 1
    left=$((left - 1))
  done
  if [ "${2:-}" != made ] || [ -e /usr/local/sbin/keelson ] || [ ! -e /run/cloud-init/enabled ]; then return 0; fi
  [ -f /run/cloud-init/result.json ] || refuse_boot 'cloud-init ended without a result'
  grep -q '"errors": \[\]' /run/cloud-init/result.json || refuse_boot 'cloud-init failed'
}

# Where systemd is through with the boot, nothing of it is still to come.
is_booting() {
  [ -e /run/cloud-init/enabled ] && [ ! -f /run/cloud-init/result.json ] || return 1
  case $(systemctl is-system-running 2>/dev/null) in initializing | starting) ;; *) return 1 ;; esac
}

refuse_boot() {
  {
    printf '%s; its /var/log/cloud-init-output.log ends with\n' "$1"
    tail -n 10 /var/log/cloud-init-output.log 2>/dev/null | cut -c 1-160
  } >&2
  exit 1
}
