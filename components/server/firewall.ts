/**
 * The firewall: who may reach the server from outside, and nothing else does. Deny by default, over IPv4 and IPv6.
 *
 * Its rules are one more file of the kit's own packet filter, see `components/server/filter.ts`; the public ports of apps
 * are opened by lines of their own, see `components/app/public.ts`.
 */
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import * as field from '../fields/index.ts';
import type { Facts } from '../host/facts.ts';
import { file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';
import { filterFolder } from './filter.ts';

const from = z
  .array(field.network)
  .min(1, 'is empty; name those who may come, or leave it out')
  .optional();

const openSchema = z
  .strictObject({
    port: z
      .union([field.anyPort, field.portRange])
      .describe('Port, or several of them, such as 60000-61000'),
    protocol: z.enum(['tcp', 'udp']).prefault('tcp').describe('`tcp` or `udp`'),
    from: from.describe('Addresses and networks that may come; default: all'),
  })
  .describe('A port that is let in, such as { port: 5432 }');

const sshSchema = z
  .strictObject({
    from: from.describe('Addresses and networks that may come to sshd; default: all'),
    // Far more than a run of the kit's needs, and far less than keeps a processor busy with handshakes.
    rate: field
      .integer(1, 6000)
      .prefault(60)
      .describe(
        'New connections to sshd that each address may make in a minute, and three times as many at once; what is beyond is not answered',
      ),
  })
  .prefault({})
  .describe('Who may come to sshd, whose ports are always open');

const settings = z
  .strictObject({
    open: z.array(openSchema).prefault([]).describe('Ports that are let in besides'),
    close: z
      .array(field.anyPort)
      .prefault([])
      .describe(
        'Ports that may be shut though somebody listens there, over TCP and UDP; also 80 and 443, which are open otherwise',
      ),
    trust: z
      .array(field.networkInterface)
      .prefault([])
      .describe('Interfaces that are let in altogether, such as those of a VPN: wg0, tailscale0'),
    ssh: sshSchema,
  })
  .superRefine(({ open, close }, { addIssue }) => {
    const message = 'is a port that is in open too; keep one of them';
    for (const [index, shut] of close.entries())
      if (open.some(({ port }) => port === shut))
        addIssue({ code: 'custom', path: ['close', index], message });
  });

const firewallSchema = z
  .union([z.literal(false), settings])
  .prefault({})
  .describe(
    'Shuts all ports but those of sshd, 80, 443 and the public ones of apps, over IPv4 and IPv6; `false`: what others have set up decides alone',
  );

type Settings = z.output<typeof settings>;
type Open = Settings['open'][number];

/** Where nginx answers for sites. */
const web = [80, 443];

/**
 * Sockets of which nothing is said: DHCP's and mDNS's are let in, and nobody has asked systemd-resolved to answer for
 * names of one label (LLMNR), which Debian's cloud images have it do.
 */
const quiet = ['udp:68', 'udp:546', 'udp:5353', 'tcp:5355', 'udp:5355'];

export const firewall = serverComponent({
  name: 'firewall',
  fields: { firewall: firewallSchema },
  render: ({ firewall }: { firewall: false | Settings }, { facts }) => {
    if (firewall === false) return {};
    const ssh = sshPorts(facts);
    refuseLockOut(firewall, ssh, facts);
    const view = { ...rulesOf(firewall, ssh), trust: quoted(firewall.trust) };
    return {
      access: [
        file(`${filterFolder}/firewall.nft`, template('server/firewall.nft', view), {
          check: 'filter',
          settled: settledBy(firewall, ssh),
        }),
      ],
    };
  },
});

/** Whatever sshd says that it listens at; and where this run came in, as where systemd listens in its place. */
function sshPorts({ sshd, sshPort }: Facts): number[] {
  const said = sshd.split(' ').flatMap((at) => Number(/:(\d+)$/.exec(at)?.[1] ?? Number.NaN));
  const all = [...said, sshPort ?? Number.NaN].filter((port) => !Number.isNaN(port));
  return all.length === 0 ? [22] : [...new Set(all)].sort((a, b) => a - b);
}

/** @throws when whoever runs this would be shut out by what the stack file says. */
function refuseLockOut({ ssh, close }: Settings, ports: readonly number[], { client }: Facts) {
  const shut = close.find((port) => ports.includes(port));
  if (shut !== undefined)
    throw new Error(`firewall.close: ${shut} is where sshd is reached; take it out there`);
  if (client === undefined || !ssh.from || isAmong(client, ssh.from)) return;
  throw new Error(
    `firewall.ssh.from: leaves out ${client}, from where this run logs in; name it, or a network that it is in`,
  );
}

/** Whether an address is one of these, or in one of these networks. */
function isAmong(address: string, networks: readonly string[]): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', bits] = network.split('/');
    if (bits === undefined) list.addAddress(base, family(base));
    else list.addSubnet(base, Number(bits), family(base));
  }
  return list.check(address, family(address));
}

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const rulesOf = ({ open, close, ssh }: Settings, ports: readonly number[]) => ({
  ssh: `{ ${ports.join(', ')} }`,
  sshFrom: sources(ssh.from),
  rate: ssh.rate,
  burst: ssh.rate * 3,
  open: [
    ...web.filter((port) => !close.includes(port)).map((port) => `tcp dport ${port}`),
    ...open.flatMap((rule) => sources(rule.from).map((source) => `${source}${words(rule)}`)),
  ],
});

const words = ({ protocol, port }: Open): string => `${protocol} dport ${port}`;

/** A match each, since networks of one set may not overlap. */
const sources = (from: readonly string[] | undefined): string[] =>
  from?.map((it) => `${family(it.split('/')[0] ?? '') === 'ipv6' ? 'ip6' : 'ip'} saddr ${it} `) ?? [
    '',
  ];

const quoted = (names: readonly string[]): string | false =>
  names.length > 0 && names.map((name) => `"${name}"`).join(', ');

/** Whatever is let in, or may be shut; `limited`: not to all, which holds for nothing that is forwarded. */
const settledBy = ({ open, close }: Settings, ssh: readonly number[]): string[] => [
  ...[...ssh, ...web.filter((port) => !close.includes(port))].map((port) => `tcp:${port}`),
  ...open.map(({ protocol, port, from }) => `${protocol}:${port}${from ? ':limited' : ''}`),
  ...close.flatMap((port) => [`tcp:${port}:limited`, `udp:${port}:limited`]),
  ...quiet,
];
