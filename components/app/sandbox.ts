/** The sandbox of an app: what its instances may do on the host, beside what every unit is denied. */
import { z } from 'zod';
import { anyPort, destination, hostPath } from '../fields/index.ts';
import { matching } from '../fields/matching.ts';
import { appComponent } from './component.ts';

const systemCalls = matching(
  /^@?[a-z][a-z0-9_-]{0,63}$/,
  'is not the name of a system call or a group of them; write one such as "@chown", in quotes, or setpriority',
);

const destinationSchema = z
  .strictObject({
    address: destination,
    port: anyPort.optional().describe('Port that it may ask there; default: all of them'),
    protocol: z
      .enum(['tcp', 'udp'])
      .optional()
      .describe('Protocol of `port`; default: tcp, and without `port` all of them'),
  })
  .refine(({ port, protocol }) => port !== undefined || protocol === undefined, {
    path: ['protocol'],
    error: 'is that of a port; name one, or leave it out',
  })
  .describe('Address or network, and what may be asked there');

const limitedSchema = z
  .strictObject({
    to: z
      .array(destinationSchema)
      .prefault([])
      .describe(
        'Addresses that the app may ask, beside the name servers of the host and what it `reaches`; all else is refused at once. This host is among them where it is named, as 127.0.0.1 or ::1',
      ),
  })
  .describe('Those alone whom the app has to ask');

const sandboxSchema = z
  .strictObject({
    network: z
      .union([z.enum(['any', 'localhost', 'none']), limitedSchema])
      .prefault('any')
      .describe(
        'Whom the app may reach: anybody, this host, nobody (which needs `listen: socket`), or those in `to`',
      ),
    jit: z
      .boolean()
      .prefault(true)
      .describe(
        'Without it Node.js only interprets, and no memory is both written and executed; WebAssembly and what needs it, such as fetch, do not work then',
      ),
    writable: z
      .array(hostPath)
      .prefault([])
      .describe(
        'Paths outside the app that it may write, where they exist and their modes allow it',
      ),
    netlink: z
      .boolean()
      .prefault(true)
      .describe(
        '`false` keeps the app from listing the network interfaces (os.networkInterfaces), as many servers do when they start',
      ),
    bus: z
      .boolean()
      .prefault(false)
      .describe(
        'Lets it ask D-Bus and services of systemd, which tell whoever asks what runs on the host, how it is started and what is in its units',
      ),
    calls: z
      .array(systemCalls)
      .prefault([])
      .describe(
        'System calls beside those that every app may use, by the names that systemd has for them and their groups, such as "@chown" or "@resources", in quotes',
      ),
  })
  .describe('What the app may do on the host; the default is as little as Node.js needs');

export type Sandbox = z.output<typeof sandboxSchema>;

/** Where everybody on a host may write, beside /tmp and /var/tmp: each instance has its own. */
const everybodys = ['/dev/shm', '/run/lock'];

/** Whether it reaches nobody beyond its host, nor they it. */
export const isLocal = ({ network }: Pick<Sandbox, 'network'>): boolean =>
  network === 'localhost' || network === 'none';

/** Where D-Bus and services of systemd answer whoever asks. What an app needs of it, journal and names, is elsewhere. */
const answering = [
  '/run/dbus',
  ...['io.system.ManagedOOM', 'io.systemd.ManagedOOM', 'io.systemd.Credentials'].map(inSystemd),
  ...['io.systemd.Hostname', 'io.systemd.Login', 'io.systemd.PCRExtend'].map(inSystemd),
  ...['io.systemd.PCRLock', 'io.systemd.sysext'].map(inSystemd),
];

function inSystemd(socket: string): string {
  return `/run/systemd/${socket}`;
}

/** The system calls that make rings, through which others are asked for. */
const rings = ['io_uring_setup', 'io_uring_enter', 'io_uring_register'];

/** What the template unit says of it. The rest of the sandbox is the same for every app. */
export const restrictions = ({ network, netlink, jit, writable, bus, calls }: Sandbox) => ({
  families: [
    'AF_UNIX',
    ...(network === 'none' ? [] : ['AF_INET', 'AF_INET6']),
    ...(netlink ? ['AF_NETLINK'] : []),
  ].join(' '),
  own: everybodys.filter((place) => !writable.includes(place)),
  // What the stack file names there is the host's.
  shared: writable.filter((path) => everybodys.some((place) => path.startsWith(`${place}/`))),
  calls,
  localOnly: isLocal({ network }),
  // A later line takes away what an earlier one gives.
  rings: calls.includes('@aio')
    ? []
    : [rings.filter((call) => !calls.includes(call)).join(' ')].filter(Boolean),
  hidden: bus ? [] : [answering.map((path) => `-${path}`).join(' ')],
  jitless: !jit,
});

/** Whom it says that it asks, as the packet filter has it; nothing where it may ask as it likes. */
export const destinationsOf = ({ network }: Pick<Sandbox, 'network'>) =>
  typeof network === 'string'
    ? undefined
    : network.to.map(({ address, port, protocol = 'tcp' }) => ({
        address,
        family: address.includes(':') ? 'ip6' : 'ip',
        ports: port === undefined ? '' : `${protocol} dport ${port} `,
      }));

export const sandbox = appComponent({
  name: 'sandbox',
  fields: { sandbox: sandboxSchema.prefault({}) },
});
