/** sshd: who may log in, with what, and what a login may be used for; a file that sshd reads before all others. */
import { z } from 'zod';
import type { Facts } from '../host/facts.ts';
import { file, sshdSetting, unit } from '../host/kinds.ts';
import { hostKeyAlgorithms, sessionAlgorithms } from '../lib/ssh-algorithms.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const sshdSchema = z
  .union([
    z.literal(false),
    z.strictObject({
      rootLogin: z
        .boolean()
        .optional()
        .describe(
          'Whether root logs in, by key; default: as long as root is who the kit logs in as',
        ),
      forwarding: z
        .union([z.boolean(), z.literal('local')])
        .optional()
        .describe(
          '`local`: ports are forwarded from here, as by `ssh -L` and through a jump host. `true`: as Debian has it, in both directions, with agent and X11. Default: `local` where the status page allows 127.0.0.1, else `false`',
        ),
    }),
  ])
  .describe(
    'Who may log in over SSH, with a key alone; `false`: sshd stays as it is, with passwords where the image takes them',
  );

const fields = { sshd: sshdSchema.prefault({}) };

type Sshd = {
  sshd: z.output<typeof sshdSchema>;
  user?: string | undefined;
  status?: { allow?: readonly string[] | undefined } | undefined;
};
type Login = Exclude<Sshd['sshd'], false>;
type Setting = { keyword: string; value: string; reason: string };

/** Before 50-cloud-init.conf and 60-cloudimg-settings.conf: the first value that sshd finds holds. */
const folder = '/etc/ssh/sshd_config.d';
const path = `${folder}/10-keelson.conf`;

export const sshd = serverComponent({
  name: 'sshd',
  fields,
  news: (server: Sshd, facts) => (server.sshd === false ? [] : othersByPassword(facts)),
  render: (server: Sshd, { facts }) => {
    if (server.sshd === false || facts.openssh === 'no') return {};
    const watched = watchedSettings(server, server.sshd, facts);
    const settings = [...watched, ...limits, ...sessionAlgorithms(facts)];
    return {
      access: [
        file(path, template('server/sshd.conf', { settings }), { check: 'sshd' }),
        unit('ssh.service', { failed: 'no', change: toldBy(facts), config: folder }),
        ...watched.map(({ keyword, value }) => sshdSetting(keyword, value)),
      ],
    };
  },
});

/**
 * Told to read its files anew, it starts itself again, and has lost what systemd listens at. Sessions outlive a restart
 * (KillMode=process), and who connects meanwhile waits.
 */
const toldBy = ({ openssh }: Facts) => (openssh === 'socket' ? 'restart' : 'reload');

/** sshd's own `Match` comes after what holds for all, and over it. */
const othersByPassword = ({ passwords = '' }: Facts): string[] =>
  passwords === ''
    ? []
    : [
        `sshd: a Match of your own lets ${passwords.split(' ').join(', ')} log in with a password; it is left alone`,
      ];

/** What decides who comes in, and what for: the host is asked for what holds of it, whatever file says it. */
function watchedSettings(server: Sshd, given: Login, facts: Facts): Setting[] {
  return [
    {
      keyword: 'PasswordAuthentication',
      value: 'no',
      reason: 'A password can be guessed, or given away; a key cannot.',
    },
    {
      keyword: 'KbdInteractiveAuthentication',
      value: 'no',
      reason: 'By PAM that would be a password again.',
    },
    { keyword: 'PermitEmptyPasswords', value: 'no', reason: 'Where somebody allows passwords.' },
    {
      keyword: 'PermitRootLogin',
      value: rootLogin(server, given, facts),
      reason: 'By key while root is who the kit logs in as; not at all where another user is.',
    },
    {
      keyword: 'MaxAuthTries',
      value: String(maxAuthTries),
      reason: 'Each key that an agent offers counts.',
    },
    {
      keyword: 'HostKeyAlgorithms',
      value: hostKeyAlgorithms(facts),
      reason: 'No NIST curves; RSA where the key has 3072 bits.',
    },
    ...forwarding(given.forwarding ?? (isReachedByTunnel(server) ? 'local' : false)),
  ];
}

/** A status page that the host itself may see is there for `ssh -L`. */
const isReachedByTunnel = ({ status }: Sshd): boolean =>
  status?.allow?.some((from) => /^(?:127\.|::1(?:\/|$))/.test(from)) ?? false;

/** CIS Debian Linux 12 Benchmark 5.1.16 has four as well. */
const maxAuthTries = 4;

/**
 * @throws where the user who logs in would be shut out. The host tells who that is, since ssh_config may say it.
 */
function rootLogin({ user }: Sshd, given: Login, { login = user ?? 'root' }: Facts): string {
  const isAllowed = given.rootLogin ?? login === 'root';
  if (!isAllowed && login === 'root')
    throw new Error(
      'sshd.rootLogin: false would shut out root, who logs in; name a user with passwordless sudo as `user`, or leave rootLogin out',
    );
  return isAllowed ? 'prohibit-password' : 'no';
}

/** `true` leaves to Debian, and to files of people's own, what is on. */
function forwarding(allowed: boolean | 'local'): Setting[] {
  if (allowed === true) return [];
  const off = [
    'AllowAgentForwarding',
    'AllowStreamLocalForwarding',
    'X11Forwarding',
    'PermitTunnel',
  ];
  return [
    {
      keyword: 'AllowTcpForwarding',
      value: allowed === 'local' ? 'local' : 'no',
      reason:
        'Who logs in would reach what listens on the loopback only, or in the network behind.',
    },
    ...off.map((keyword) => ({ keyword, value: 'no', reason: 'Not asked for.' })),
  ];
}

/**
 * How long and how often somebody may try, and when a session is given up: CIS Debian Linux 12 Benchmark 5.1. The kit
 * makes eight connections at a time (`components/ssh/dial.ts`), and they have logged in within a second.
 */
const limits: readonly Setting[] = [
  { keyword: 'LoginGraceTime', value: '30', reason: 'Seconds until somebody must have logged in.' },
  {
    keyword: 'MaxStartups',
    value: '10:30:60',
    reason: 'From ten logins under way on, a third of more is dropped; from sixty on, all.',
  },
  {
    keyword: 'PerSourceMaxStartups',
    value: '8',
    reason: 'Fewer than that: nobody alone can have others dropped. As many come from the kit.',
  },
  {
    keyword: 'PerSourceNetBlockSize',
    value: '32:64',
    reason: 'Of IPv6 each customer has a network of 64 bits.',
  },
  { keyword: 'ClientAliveInterval', value: '60', reason: 'Seconds between two questions …' },
  { keyword: 'ClientAliveCountMax', value: '2', reason: '… and the last one without an answer.' },
  {
    keyword: 'TCPKeepAlive',
    value: 'no',
    reason: 'Those questions are encrypted; TCP’s own can be answered by anybody on the way.',
  },
  {
    keyword: 'Compression',
    value: 'no',
    reason: 'One more parser of what others send; what is moved by the kit is packed already.',
  },
  { keyword: 'LogLevel', value: 'VERBOSE', reason: 'With the key that was refused, too.' },
  { keyword: 'DebianBanner', value: 'no', reason: 'Who has not logged in learns no patch level.' },
];
