/**
 * Fields: the vocabulary that the schemas of all components are written in.
 *
 * Values end up in shell lines, unit files, nginx, Monit, sudoers and logrotate files, so
 * a field admits what it needs and nothing else: no white space, quotes, `;`, `{}`, `$`, `%`
 * (systemd's specifiers) or control characters, unless its description says so.
 *
 * Messages read after the value they complain about: `80 is below 1024; choose 1024 to 65535`.
 * Defaults go through `.prefault('30s')`, so that they are parsed like what a person wrote.
 */
import { isIP } from 'node:net';
import { z } from 'zod';

const text = (pattern: RegExp, error: string) => z.string().regex(pattern, { error });

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

/** Name of an app: also its user, its group, its units and its directories. */
export const appName = text(
  /^[a-z][a-z0-9-]{0,30}$/,
  'is not a name; use a lower-case letter, then up to 30 lower-case letters, digits or hyphens',
)
  .refine((name) => !reserved.has(name) && !name.startsWith('systemd-'), {
    error: 'is a name that Debian uses itself; choose another',
  })
  .describe('Name of an app: also its user, group, units and directories');

/** Name of a server within a stack. */
export const serverName = text(
  /^[a-z][a-z0-9-]{0,30}$/,
  'is not a name; use a lower-case letter, then up to 30 lower-case letters, digits or hyphens',
).describe('Name of a server within the stack');

/** A user who logs in. */
export const loginName = text(
  /^[a-z_][a-z0-9_-]{0,30}$/,
  'is not a user name; use a lower-case letter, then up to 30 lower-case letters, digits, _ or -',
).describe('Name of a user of the host');

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** A host name: labels of lower-case letters, digits and hyphens. */
export const hostname = text(
  new RegExp(`^(?=.{1,64}$)(?![0-9.]+$)${label}(?:\\.${label})*$`),
  'is not a host name; use lower-case letters, digits, hyphens and dots, such as web1.example.com',
).describe('Host name');

/** Where a host is reached: a name, an IPv4 or an IPv6 address. */
export const address = text(
  new RegExp(`^(?:(?=.{1,253}$)${label}(?:\\.${label})*|(?=.*:.*:)[0-9a-f:]{2,39})$`),
  'is not an address; give a host name, an IPv4 or an IPv6 address',
)
  .refine((given) => !given.includes(':') || isIP(given) === 6, {
    error: 'is not an IPv6 address; write one such as 2001:db8::7',
  })
  .describe('Host name, IPv4 or IPv6 address');

/** One address, or a network of them in CIDR notation. */
export const network = text(
  /^(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:\/(?:3[0-2]|[12]?[0-9]))?|(?=.*:.*:)[0-9a-f:]{2,39}(?:\/(?:1[01][0-9]|12[0-8]|[1-9]?[0-9]))?)$/,
  'is not a network; write one such as 10.0.0.0/8 or 2001:db8::/32',
)
  .refine((given) => !given.includes('.') || isIP(given.split('/')[0] ?? '') === 4, {
    error: 'is not an IPv4 network; each of its four numbers is 0 to 255',
  })
  .refine((given) => !given.includes(':') || isIP(given.split('/')[0] ?? '') === 6, {
    error: 'is not an IPv6 network; write one such as 2001:db8::/32',
  })
  .describe('Address or network, such as 10.0.0.0/8');

/** A name that a site answers to. `default`: also whoever asks for no other site's name. */
export const domain = text(
  new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?${label}(?:\\.${label})*$`),
  'is not a domain; use a lower-case name such as www.example.com, *.example.com or an IPv4 address',
)
  .refine((given) => given !== 'keelson.localhost', {
    error: 'is the name by which Monit asks nginx whether it works; choose another',
  })
  .describe(
    'Domain name, *.domain or IPv4 address; `default`: whoever asks for no other site’s name',
  );

const segment = '(?!\\.{1,2}(?:/|$))[A-Za-z0-9._@+][A-Za-z0-9._@+-]*';

/** An absolute path on the host, without `.`, `..`, a doubled slash or one at the end. */
export const hostPath = text(
  new RegExp(`^(?=.{1,255}$)(?:/${segment})+$`),
  'is not an absolute path on the host; use letters, digits and ._@+- between slashes, no ..',
).describe('Absolute path on the host');

/** A path inside an app's code or directory; it cannot leave it. */
export const relativePath = text(
  new RegExp(`^(?=.{1,255}$)${segment}(?:/${segment})*$`),
  'is not a path inside the app; use letters, digits and ._@+- between slashes, no .., no slash at either end',
).describe('Path inside the app, such as dist/server.js');

/** A path on the machine that runs Pulumi: relative to the project, absolute, or below `~/`. */
export const localPath = z
  .string()
  .min(1, 'is empty; give a path')
  .max(1024, 'is longer than 1024 characters; give a shorter path')
  .refine((path) => !/[\p{Cc}\p{Cs}]/u.test(path), {
    error: 'holds a control character; give a plain path',
  })
  .describe('Path on the machine that runs Pulumi, relative to the project');

const urlSegment = '(?!\\.{1,2}(?:[/?]|$))[A-Za-z0-9._~@+:=,-]+';

/** The path of a URL, without a query: `/` or `/static`. */
export const urlPath = text(
  new RegExp(`^(?=.{1,255}$)/(?:${urlSegment}(?:/${urlSegment})*/?)?$`),
  'is not a URL path; begin with a slash, then letters, digits and ._~@+:=,- between slashes',
).describe('Path of a URL, such as /static');

/** What is asked of an app by a health check: a path, with a query where one is needed. */
export const requestPath = text(
  new RegExp(
    `^(?=.{1,255}$)/(?:${urlSegment}(?:/${urlSegment})*/?)?(?:\\?[A-Za-z0-9._~@+:=,/-]+)?$`,
  ),
  'is not a request path; begin with a slash, such as /health or /health?deep=1',
).describe('Path that is requested, such as /health');

/** An address to fetch a file from; always together with its SHA-256. */
export const url = text(
  /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?\/[A-Za-z0-9._~/@+=-]{1,1000}$/,
  'is not a plain URL; give https://host/path without user, query or escapes',
).describe('URL of a file, such as https://example.com/shop-1.2.0.tar.gz');

/** A whole number within bounds; the message names both. */
export const integer = (min: number, max: number) =>
  z
    .int()
    .min(min, `is below ${min}; choose ${min} to ${max}`)
    .max(max, `is above ${max}; choose ${min} to ${max}`);

/** A TCP port that an unprivileged user may listen on. */
export const port = integer(1024, 65535).describe('TCP port');

/** Any TCP port. */
export const anyPort = integer(1, 65535).describe('TCP port');

const secondsPer: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

/** Not a number for what is no duration: a comparison with it complains about nothing. */
function seconds(given: string): number {
  const [, count, unit = ''] = /^([0-9]+)([smhd])$/.exec(given) ?? [];
  return Number(count) * (secondsPer[unit] ?? Number.NaN);
}

/**
 * A span of time within bounds, given as in `30s`, `5m`, `12h`, `1d`; becomes seconds.
 *
 * @example duration('1s', '10m').prefault('30s')
 */
export const duration = (min = '0s', max = '365d') =>
  text(/^(?:0|[1-9][0-9]{0,5})[smhd]$/, 'is not a duration; write 30s, 5m, 12h or 1d')
    .refine((given) => !(seconds(given) < seconds(min)), {
      error: `is shorter than ${min}; choose ${min} to ${max}`,
    })
    .refine((given) => !(seconds(given) > seconds(max)), {
      error: `is longer than ${max}; choose ${min} to ${max}`,
    })
    .transform(seconds)
    .describe('Span of time, such as 30s, 5m, 12h or 1d');

/**
 * An amount of memory or disk in MiB or GiB: stays as written, since systemd, nginx,
 * logrotate and journald all read `512M` and `1G` in the same way.
 */
export const size = text(
  /^[1-9][0-9]{0,5}[MG]$/,
  'is not a size; write whole megabytes or gigabytes, such as 512M or 1G',
).describe('Size, such as 512M or 1G');

/** A size in MiB. */
export const mebibytes = (given: string): number =>
  Number(given.slice(0, -1)) * (given.endsWith('G') ? 1024 : 1);

/** The SHA-256 of a file. */
export const digest = text(
  /^[0-9a-f]{64}$/,
  'is not a SHA-256; give the 64 lower-case hex digits that sha256sum prints',
).describe('SHA-256 as sha256sum prints it');

/** Name of an environment variable that is the stack file's to set. */
export const environmentName = text(
  /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  'is not the name of an environment variable; use letters, digits and _, no digit first',
)
  .refine(
    (name) => !/^(KEELSON_.*|PORT|LISTEN_(FDS|PID|FDNAMES)|NOTIFY_SOCKET|LD_.*)$/.test(name),
    { error: 'is set by the kit or by systemd, or changes what is loaded; choose another name' },
  )
  .describe('Name of an environment variable');

/** Value of an environment variable: any text, line breaks included; it must be quoted where it lands. */
export const environmentValue = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .refine((value) => !/(?![\n\t])[\p{Cc}\p{Cs}]/u.test(value), {
    error: 'holds a control character; encode it, for example as base64',
  })
  .refine((value) => value.length <= 32768, {
    error: 'is longer than 32768 characters; ship it as a file of the app',
  })
  .describe('Value of an environment variable');

/** One exact version of Node.js. */
export const exactVersion = text(
  /^(?:0|[1-9][0-9]{0,3})(?:\.(?:0|[1-9][0-9]{0,3})){2}$/,
  'is not an exact version; write all three numbers, such as 24.11.0',
).describe('Exact version, such as 24.11.0');

/** A share of a whole; stays as written. */
export const percentage = text(
  /^(?:[1-9][0-9]?|100)%$/,
  'is not a percentage; write 1% to 100%',
).describe('Share, such as 25%');

/** One argument of a command that runs without a shell. */
export const argument = text(
  /^[A-Za-z0-9_./:=,@+-]{1,255}$/,
  'is not a plain argument; use letters, digits and _./:=,@+-',
).describe('Argument of a command; no shell reads it');

/** A short piece of plain text to look for in an answer; spaces are allowed inside. */
export const plainText = text(
  /^[A-Za-z0-9_.,:/+@=-](?:[A-Za-z0-9 _.,:/+@=-]{0,198}[A-Za-z0-9_.,:/+@=-])?$/,
  'is not plain text; use letters, digits, spaces and _.,:/+@=-',
).describe('Plain text: letters, digits, spaces and _.,:/+@=-');

/** An e-mail address. */
export const email = text(
  new RegExp(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@${label}(?:\\.${label})*$`),
  'is not an e-mail address; write one such as ops@example.com',
).describe('E-mail address');

/** A Debian package. */
export const packageName = text(
  /^[a-z0-9][a-z0-9+.-]{1,63}$/,
  'is not the name of a Debian package; use lower-case letters, digits and +.-',
).describe('Name of a Debian package');

/** An OpenSSH public key in the form of an authorized_keys line without options. */
export const publicKey = text(
  /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]{40,2000}={0,2}(?: [A-Za-z0-9@._-]{1,100})?$/,
  'is not an OpenSSH public key; give the one line of the .pub file, without options',
).describe('OpenSSH public key: the line of a .pub file');
