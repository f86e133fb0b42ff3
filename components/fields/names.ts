/** Names: of apps and servers, users, packages, variables. */
import { matching } from './matching.ts';

/** Users, groups and units of Debian, and names that the kit uses itself. */
const reserved = new Set(
  `root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats
  nobody nogroup messagebus sshd ssh polkitd admin debian adm tty disk kmem dialout fax voice
  cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users input
  kvm render sgx netdev crontab wheel docker lxd postfix exim chrony ntp dnsmasq mysql postgres
  redis nginx monit cron logrotate rsyslog syslog dbus dbus-broker nftables networking network
  network-online network-pre ifup apparmor auditd unattended-upgrades apt apt-daily dpkg
  dpkg-db-backup e2scrub fstrim getty console-getty container-getty serial-getty autovt user
  session modprobe rescue emergency default multi-user graphical basic sysinit initrd sockets
  timers paths slices swap sound printer bluetooth smartcard umount final exit halt poweroff
  reboot kexec shutdown suspend hibernate sleep local-fs remote-fs nss-lookup nss-user-lookup
  rpcbind time-set time-sync getty-pre machines machine system init keelson journal private
  installer runit fsck quotaon debug-shell keyboard-setup console-setup procps udev node nodejs
  localhost`.split(/\s+/),
);

/** Whether units of this name may be Debian's. */
export const isDebians = (name: string): boolean =>
  reserved.has(name) || name.startsWith('systemd-');

/** Services and timers of Debian's whose place a unit file of a job would take; others run beside instances. */
const services = new Set(
  `anacron apache2 apt-daily-upgrade apt-listchanges avahi-daemon bind9 certbot clamav-daemon cloud-config cloud-final
  cloud-init cloud-init-local containerd dovecot fail2ban fwupd fwupd-refresh haproxy haveged hwclock
  ifupdown-pre ifupdown-wait-online irqbalance kmod man-db mariadb mdmonitor memcached named php-fpm plymouth podman
  postgresql proftpd qemu-guest-agent rabbitmq-server rc-local redis-server resolvconf rsync smartd smartmontools
  snapd sysstat sysstat-collect sysstat-summary tor ufw valkey x11-common`.split(/\s+/),
);

/** Whether a service or timer of this very name may be Debian's. */
export const isDebiansJob = (name: string): boolean => services.has(name);

/** Name of an app: also its user, its group, its units and its directories. */
export const appName = matching(
  /^[a-z][a-z0-9-]{0,30}$/,
  'is not a name; use a lower-case letter, then up to 30 lower-case letters, digits or hyphens',
)
  .refine((name) => !isDebians(name), {
    error: 'is a name that Debian uses itself; choose another',
  })
  .describe('Name of an app: also its user, group, units and directories');

/** Name of a server within a stack. */
export const serverName = matching(
  /^[a-z][a-z0-9-]{0,30}$/,
  'is not a name; use a lower-case letter, then up to 30 lower-case letters, digits or hyphens',
).describe('Name of a server within the stack');

/** A user who logs in. */
export const loginName = matching(
  /^[a-z_][a-z0-9_-]{0,30}$/,
  'is not a user name; use a lower-case letter, then up to 30 lower-case letters, digits, _ or -',
).describe('Name of a user of the host');

/** A user who is there already, under whatever name; Debian's own are made as `loginName` has it. */
export const sshUser = matching(
  /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/,
  'is not a user name; use letters, digits and _.@-',
).describe('Name of a user who logs in');

/** A Debian package. */
export const packageName = matching(
  /^[a-z0-9][a-z0-9+.-]{1,63}$/,
  'is not the name of a Debian package; use lower-case letters, digits and +.-',
).describe('Name of a Debian package');

/** Name of an environment variable that is the stack file's to set. */
export const environmentName = matching(
  /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  'is not the name of an environment variable; use letters, digits and _, no digit first',
)
  .refine(
    (name) => !/^(KEELSON_.*|PORT|LISTEN_(FDS|PID|FDNAMES)|NOTIFY_SOCKET|LD_.*)$/.test(name),
    { error: 'is set by the kit or by systemd, or changes what is loaded; choose another name' },
  )
  .describe('Name of an environment variable');
