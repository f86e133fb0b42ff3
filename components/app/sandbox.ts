/** The sandbox of an app: what its instances may do on the host, beside what every unit is denied. */
import { z } from 'zod';
import { hostPath } from '../fields/index.ts';
import { matching } from '../fields/matching.ts';
import { appComponent } from './component.ts';

const systemCalls = matching(
  /^@?[a-z][a-z0-9_-]{0,63}$/,
  'is not the name of a system call or a group of them; write one such as "@chown", in quotes, or setpriority',
);

const sandboxSchema = z
  .strictObject({
    network: z
      .enum(['any', 'localhost', 'none'])
      .prefault('any')
      .describe(
        'Whom the app may reach: anybody, this host, or nobody (which needs `listen: socket`)',
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

/** What the template unit says of it. The rest of the sandbox is the same for every app. */
export const restrictions = ({ network, netlink, jit, writable, calls }: Sandbox) => ({
  families: [
    'AF_UNIX',
    ...(network === 'none' ? [] : ['AF_INET', 'AF_INET6']),
    ...(netlink ? ['AF_NETLINK'] : []),
  ].join(' '),
  own: everybodys.filter((place) => !writable.includes(place)),
  // What the stack file names there is the host's.
  shared: writable.filter((path) => everybodys.some((place) => path.startsWith(`${place}/`))),
  calls,
  localOnly: network !== 'any',
  jitless: !jit,
});

export const sandbox = appComponent({
  name: 'sandbox',
  fields: { sandbox: sandboxSchema.prefault({}) },
});
