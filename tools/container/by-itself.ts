/** What changes by itself on a running host, or for a login, and why; with all that is below it. */
export const volatilePaths: Readonly<Record<string, string>> = {
  '/dev': 'the kernel’s; terminals',
  '/proc': 'the kernel’s',
  '/sys': 'the kernel’s',
  '/run/agetty.reload': 'consoles write their greeting anew when a host has booted',
  '/run/dbus': 'systemd’s bus',
  '/run/log/journal': 'sshd and sudo say who came',
  '/run/monit.sock': 'Monit’s own pace',
  '/run/motd.dynamic': 'sshd’s greeting, made anew for each login',
  '/run/sudo': 'sudo’s time stamps',
  '/run/systemd': 'sessions, inhibitors and transient units of logins',
  '/run/user': 'of the user who logs in',
  '/run/utmp': 'who is logged in',
  '/var/backups': 'a timer of dpkg’s keeps its database there each day',
  '/var/cache/ldconfig': 'made anew when packages come and go',
  '/var/lib/apt/periodic': 'when apt’s timers ran',
  '/var/lib/keelson/logrotate': 'logs of apps are looked at each hour',
  '/var/lib/lastlog': 'when somebody logged in last',
  '/var/lib/logrotate': 'logs are looked at each hour',
  '/var/lib/monit': 'Monit’s own pace',
  '/var/lib/private': 'of services with users of their own',
  '/var/lib/sudo': 'sudo’s time stamps',
  '/var/lib/systemd/random-seed': 'written when a host goes down',
  '/var/lib/systemd/timers': 'when timers ran',
  '/var/lib/wtmpdb': 'who logged in',
  '/var/log/btmp': 'who failed to log in',
  '/var/log/journal': 'sshd and sudo say who came',
  '/var/log/lastlog': 'when somebody logged in last',
  '/var/log/monit.log': 'Monit’s own pace',
  '/var/log/nginx': 'Monit asks nginx whether it lives',
  '/var/log/wtmp': 'who logged in',
  '/var/log/wtmp.db': 'who logged in',
  '/var/tmp': 'of services with a directory of their own, such as logrotate’s',
};

/** Units of logins, those that timers and D-Bus start when they like, and those of a first boot alone. */
export const volatileUnits =
  /^(session-|user@|user-runtime-dir@|ssh@|sshd@|run-|apt-daily|dpkg-db-backup|e2scrub|(keelson-)?logrotate\.service|ldconfig\.service|systemd-(hostnamed|timedated|localed|tmpfiles-clean|journal-flush|journal-catalog-update|sysusers|update-done)\.service)/;
