# What follows an upgrade of packages. A process runs on what it has opened, whatever lies in that place now: so
# instances of apps are moved by their own rollouts, one app after another, nginx hands its sockets to a new one, and
# other services that may are started anew. What is left for a person is told.

# They lose nothing when they are started anew.
RENEWED='monit.service ssh.service cron.service rsyslog.service keelson-ship.service chrony.service systemd-timesyncd.service systemd-journald.service'
# A mapping of code from a file of a package that is in that place no more.
REPLACED='^[^ ]+ ..x[^ ]* [^ ]+ [^ ]+ [^ ]+ +/(usr|lib|lib32|lib64|bin|sbin|opt)/.* \(deleted\)$'

after_updates() {
  not_done=''
  move_outdated
  renew_services
  tell_updates
  [ -z "$not_done" ] || fail "still on files that were replaced:$not_done"
}

outdated_processes() { grep -lsE "$REPLACED" "$HOST_ROOT"/proc/[0-9]*/maps | sed 's,/maps$,,; s,.*/,,'; }

# What has another root is a container's, and what is in no service somebody's login. Of nginx the one that takes
# requests counts: another beside it has been told to end.
outdated_units() {
  own_root=$(stat -Lc %d:%i /)
  outdated_processes | while IFS= read -r pid; do
    [ "$(stat -Lc %d:%i "/proc/$pid/root" 2>/dev/null)" = "$own_root" ] || continue
    of=$(unit_of_process "$pid" 2>/dev/null) || continue
    case $of in
      user@*) ;;
      nginx.service) [ "$pid" != "$(cat "$HOST_ROOT/run/nginx.pid" 2>/dev/null)" ] || echo "$of" ;;
      *.service) echo "$of" ;;
    esac
  done | sort -u
}

# APP<TAB>UNIT of each instance, those of members included.
instance_units() {
  stored_items | awk -F '\t' '$1 == "rollout" {
    for (i = 3; i <= NF; i++) {
      name = substr($i, 1, index($i, "=") - 1)
      if (name ~ /^[0-9]+$/) print $2 "\t" $2 "@" name ".service"
      else if (name ~ /^[a-z][a-z0-9-]*@[0-9]+$/) print $2 "\t" $2 "-" name ".service"
    } }'
}

# The apps of which an instance is among the units on standard input.
apps_of_units() { { instance_units && printf 'units\n' && cat; } | awk -F '\t' '
  $0 == "units" { units = 1; next }
  !units { app[$2] = $1; next }
  $1 in app && !seen[app[$1]]++ { print app[$1] }'; }

# An app that does not come up on the new files stays on the old ones, but for the instance that failed.
move_outdated() {
  for outdated_app in $(outdated_units | apps_of_units); do
    "$HELPER" restart "$outdated_app" </dev/null || not_done="$not_done $outdated_app"
  done
}

renew_services() {
  for of in $(outdated_units); do
    case " $RENEWED nginx.service " in *" $of "*) ;; *) continue ;; esac
    if [ "$of" = nginx.service ]; then renew_nginx; else limited "$JOB_LIMIT" systemctl try-restart "$of"; fi ||
      not_done="$not_done $of"
  done
}

# As Debian's own package does when nginx itself is upgraded: a new one takes over the sockets, and the old one ends
# when it has answered all that was asked of it, which over a WebSocket may be tomorrow.
renew_nginx() { limited "$JOB_LIMIT" /etc/init.d/nginx upgrade >/dev/null; }

# What an update asks of a person. Nothing of it fails the run.
tell_updates() {
  if reboot_is_due && [ ! -e "$HOST_ROOT/run/systemd/shutdown/scheduled" ]; then
    alert updates 'a reboot is due' 'Updates that are installed already need it, such as those of the kernel.' </dev/null
  fi
  mkdir -p "$STATUS_CACHE"
  refresh_updates
  security=$(sed -n 2p "$STATUS_CACHE/updates" 2>/dev/null | cut -f 2)
  if [ "${security:-0}" != 0 ]; then
    alert updates 'security updates wait' "$security of Debian's were not installed; /var/log/unattended-upgrades/unattended-upgrades.log tells why." </dev/null
  fi
  left=$(outdated_units)
  [ -z "$left" ] || alert updates 'services run on files that were replaced' "$left
Start them anew when they may be away for a moment, or reboot." </dev/null
}

# Whether the kernel that is installed is another one than what runs, or a package asks for it. In a container the kernel
# is not the host's own.
reboot_is_due() {
  [ ! -e "$HOST_ROOT/run/reboot-required" ] || return 0
  newest=$(readlink "$HOST_ROOT/vmlinuz" || readlink "$HOST_ROOT/boot/vmlinuz") || return 1
  IFS= read -r running <"$HOST_ROOT/proc/sys/kernel/osrelease"
  [ "${newest##*vmlinuz-}" != "$running" ]
}
