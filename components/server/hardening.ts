/**
 * Hardening: settings of the system that take away what a web server never uses. After the baselines of dev-sec
 * (linux-baseline) and CIS, as far as they suit one with containers and operators; docs/system.md has what was left out.
 */
import { z } from 'zod';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { directory, file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';
import { type KernelSetting, kernelFile } from './kernel.ts';

/**
 * The kernel's own, of which a container has none.
 * What each means: Documentation/admin-guide/sysctl/{fs,kernel}.rst, and security/Yama.rst.
 */
const kernelSettings: readonly KernelSetting[] = [
  ...[
    { key: 'fs.protected_hardlinks', value: '1' },
    { key: 'fs.protected_symlinks', value: '1' },
    // As Debian’s own file has it, which is read later.
    { key: 'fs.protected_fifos', value: '1' },
    { key: 'fs.protected_regular', value: '2' },
  ].map((it) => ({ ...it, reason: 'Nobody lays a trap in /tmp for a program of another user.' })),
  {
    key: 'fs.suid_dumpable',
    value: '0',
    reason: 'What ran with the rights of another user leaves no core dump.',
  },
  {
    key: 'kernel.randomize_va_space',
    value: '2',
    reason: 'Programs lie at other addresses each time.',
  },
  {
    key: 'kernel.kptr_restrict',
    value: '2',
    reason: 'Addresses of the kernel are told to nobody, for whom they would be half of an attack.',
  },
  {
    key: 'kernel.dmesg_restrict',
    value: '1',
    reason: 'The kernel’s messages are for root.',
  },
  {
    key: 'kernel.yama.ptrace_scope',
    value: '1',
    reason: 'A process reads the memory of its own children alone, not of all of its user’s.',
  },
  {
    key: 'dev.tty.ldisc_autoload',
    value: '0',
    reason: 'Line disciplines, in which many holes were found, are loaded by root alone.',
  },
  {
    key: 'dev.tty.legacy_tiocsti',
    value: '0',
    reason: 'Nobody types into the terminal of the program that started him; since Linux 6.2.',
  },
];

const ofInterfaces = (family: 4 | 6, name: string, reason: string): KernelSetting[] =>
  ['all', 'default'].map((which) => ({
    key: `net.ipv${family}.conf.${which}.${name}`,
    ...{ value: '0', reason },
  }));

/**
 * A network namespace's own, which a container has too. Documentation/networking/ip-sysctl.rst.
 * Filters by the way back (rp_filter), router advertisements and forwarding are the image's: each of them, set wrongly,
 * cuts a host off that has two addresses, gets its address by IPv6, or runs Docker.
 */
const networkSettings: readonly KernelSetting[] = [
  ...[4, 6].flatMap((family) => [
    ...ofInterfaces(family as 4 | 6, 'accept_redirects', 'Nobody near by changes the routes.'),
    ...ofInterfaces(family as 4 | 6, 'accept_source_route', 'No sender chooses his own route.'),
  ]),
  ...ofInterfaces(4, 'secure_redirects', 'Nor does a gateway.'),
  ...ofInterfaces(4, 'send_redirects', 'It is no router that tells others of a better way.'),
  {
    key: 'net.ipv4.icmp_echo_ignore_broadcasts',
    value: '1',
    reason: 'It answers no broadcast, by which others are flooded.',
  },
  ...['all', 'default'].map((which) => ({
    key: `net.ipv4.conf.${which}.log_martians`,
    value: '1',
    reason: 'Senders that cannot be are told; at most ten in five seconds, as all of the network.',
  })),
  {
    key: 'net.ipv4.tcp_syncookies',
    value: '1',
    reason: 'A flood of half-open connections shuts nobody out.',
  },
  {
    key: 'net.ipv4.tcp_rfc1337',
    value: '1',
    reason: 'A late reset of an old connection ends no new one.',
  },
];

/** A machine that has ports has people who make backups to such disks. */
const ofPorts = ['usb_storage', 'uas'];

/**
 * Modules that a server never needs, and that are loaded when anybody asks for such a socket or file system.
 * Not among them: squashfs (snap), udf (Azure hands settings over so), overlay, nfs.
 */
export const unusedModules: readonly string[] = [
  ...['dccp', 'sctp', 'rds', 'tipc', 'n_hdlc', 'ax25', 'netrom', 'x25', 'rose', 'decnet', 'econet'],
  ...['af_802154', 'ipx', 'appletalk', 'psnap', 'p8022', 'p8023', 'can', 'atm'],
  ...['cramfs', 'freevxfs', 'jffs2', 'hfs', 'hfsplus'],
  // FireWire reads and writes memory past the processor.
  ...['firewire_core', 'firewire_ohci', 'firewire_sbp2'],
  ...ofPorts,
];

const hardeningSchema = z
  .union([
    z.boolean(),
    z.strictObject({
      passwords: z
        .boolean()
        .prefault(true)
        .describe(
          'A password that somebody sets, for sudo or the console, must be a strong one, and is hashed slowly',
        ),
      verify: z
        .boolean()
        .prefault(true)
        .describe(
          'Each week the files of packages are compared with what Debian shipped; a difference is an alert',
        ),
    }),
  ])
  .prefault(true)
  .describe(
    'Kernel and network settings, no core dumps, no modules of protocols and file systems that nobody uses, a narrow umask, strong passwords, files of packages as they were shipped; `false`: as it is',
  );

export type Hardening = { hardening: z.output<typeof hardeningSchema> };
type Given = Hardening & { sysctl: Readonly<Record<string, string>> };

/** Whether a part of it that can be switched off by itself is wanted. */
export const isHardened = ({ hardening }: Hardening, part: 'passwords' | 'verify'): boolean =>
  typeof hardening === 'boolean' ? hardening : hardening[part];

export const hardening = serverComponent({
  name: 'hardening',
  fields: { hardening: hardeningSchema },
  render: ({ hardening, sysctl: own }: Given, { facts }) => {
    if (!hardening) return {};
    // What the stack file says itself is the component kernel's.
    const rest = (all: readonly KernelSetting[]) => all.filter(({ key }) => own[key] === undefined);
    const kernel = facts.container === 'yes' ? [] : rest(kernelSettings);
    return {
      base: [...settings('hardening', kernel), ...modules(facts), ...dumps(), ...shells()],
      access: settings('network', rest(networkSettings)),
    };
  },
});

/** Read at each boot, and live; what a kernel does not have is passed over. */
const settings = (name: string, all: readonly KernelSetting[]): Item[] =>
  all.length === 0
    ? []
    : kernelFile(`60-keelson-${name}`, 'What an attacker could use, and a server does not.', all, {
        optional: true,
      });

function modules({ modules = '', virtual }: Facts) {
  const kept = [...modules.split(' '), ...(virtual ? [] : ofPorts)];
  const unused = unusedModules.filter((name) => !kept.includes(name));
  return [
    directory('/etc/modprobe.d'),
    file('/etc/modprobe.d/keelson.conf', template('server/hardening/modprobe.conf', { unused })),
  ];
}

const dumps = () => [
  directory('/etc/security/limits.d'),
  file('/etc/security/limits.d/60-keelson.conf', template('server/hardening/limits.conf', {})),
  directory('/etc/systemd/coredump.conf.d'),
  file(
    '/etc/systemd/coredump.conf.d/60-keelson.conf',
    template('server/hardening/coredump.conf', {}),
  ),
];

const shells = () => [
  directory('/etc/profile.d'),
  file('/etc/profile.d/keelson-dumps.sh', template('server/hardening/dumps.sh', {})),
  file('/etc/profile.d/keelson-umask.sh', template('server/hardening/umask.sh', {})),
];
