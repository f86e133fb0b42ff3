/** The systemd units of an app: a template for its instances, and a target that holds them all. */
import { z } from 'zod';
import {
  argument,
  duration,
  integer,
  port,
  relativePath,
  requestPath,
  size,
} from '../fields/index.ts';
import type { Facts } from '../host/facts.ts';
import { type Item, sha256 } from '../host/item.ts';
import { file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { environmentPath } from './environment.ts';
import { logDirectory } from './logs.ts';
import { type Node, nodeDirectory } from './node.ts';
import { restrictions, sandboxSchema } from './sandbox.ts';
import { home, writableDirectories } from './user.ts';

export const serviceFields = {
  start: relativePath
    .optional()
    .describe('Script that Node.js runs, as a path inside the app, such as server.js'),
  args: z.array(argument).prefault([]).describe('Arguments of the script'),
  nodeArgs: z.array(argument).prefault([]).describe('Arguments of Node.js itself'),
  exec: z
    .array(argument)
    .min(1, 'is empty; give a command')
    .optional()
    .describe(
      'Command in place of `start`: `node`, an absolute path or a path inside the app, and its arguments',
    ),
  health: requestPath
    .prefault('/')
    .describe('Path that tells whether an instance works: asked by rollouts and by Monit'),
  instances: z
    .union([z.literal('cores'), integer(1, 256)])
    .prefault('cores')
    .describe('Number of instances; `cores`: one for each core, and at least two'),
  port: port.prefault(4190).describe('Port of the first instance; the others follow'),
  listen: z
    .enum(['port', 'socket'])
    .prefault('port')
    .describe(
      'How the app gets its port: listens on PORT itself, or finds the open socket as file descriptor 3 (one instance)',
    ),
  memory: size
    .prefault('1G')
    .describe('Memory that one instance may use before it is killed and started again'),
  openFiles: integer(1024, 1048576)
    .prefault(65536)
    .describe('Files and connections that one instance may hold open'),
  tasks: integer(16, 65536).prefault(256).describe('Threads and processes of one instance'),
  stopTimeout: duration('1s', '10m')
    .prefault('15s')
    .describe('Time that an instance has to end after SIGTERM before it is killed'),
  reload: z
    .enum(['SIGHUP', 'SIGUSR2'])
    .prefault('SIGHUP')
    .describe('Signal that `systemctl reload` sends; an app that does not handle it is restarted'),
  sandbox: sandboxSchema.prefault({}),
};

const serviceSchema = z.object(serviceFields);

export type Service = z.output<typeof serviceSchema> & {
  name: string;
  node: Node;
  uploads: Record<string, string>;
  data: readonly string[];
  logs: { to: 'journal' | 'files' };
};

type Given = Partial<z.output<typeof serviceSchema>>;

/** What fields must keep to among each other; a field that is not readable is undefined here. */
export const serviceRules = [
  {
    path: 'start',
    error: 'is missing; give the script that Node.js runs, or another command as `exec`',
    holds: ({ start, exec }: Given) => start !== undefined || exec !== undefined,
  },
  {
    path: 'exec',
    error: 'is given beside start; keep one of them',
    holds: ({ start, exec }: Given) => start === undefined || exec === undefined,
  },
  {
    path: 'instances',
    error: 'is too few to restart without an outage; choose at least 2',
    holds: ({ listen, instances }: Given) => listen !== 'port' || instances !== 1,
  },
  {
    path: 'instances',
    error: 'is too many for `listen: socket`, which serves one instance; leave it out',
    holds: ({ listen, instances }: Given) =>
      listen !== 'socket' || instances === 'cores' || instances === 1,
  },
  {
    path: 'sandbox',
    error: 'leaves the app no way to listen; add `listen: socket` or choose `network: localhost`',
    holds: ({ listen, sandbox }: Given) => listen !== 'port' || sandbox?.network !== 'none',
  },
] as const;

/** The ports of all instances: one for each core but at least two, unless the stack file says how many. */
export function ports(app: Pick<Service, 'port' | 'listen' | 'instances'>, facts: Facts): number[] {
  if (app.listen === 'socket') return [app.port];
  const count = app.instances === 'cores' ? Math.max(2, facts.cores) : app.instances;
  return Array.from({ length: count }, (_, index) => app.port + index);
}

/** The command line of an instance. Its words come from fields that need no quoting. */
export function command(app: Service): string {
  const node = `${nodeDirectory(app.node)}/node`;
  const jitless = app.sandbox.jit ? [] : ['--jitless'];
  if (app.start !== undefined)
    return [node, ...jitless, ...app.nodeArgs, app.start, ...app.args].join(' ');
  const [program = '', ...rest] = app.exec ?? [];
  if (program === 'node') return [node, ...jitless, ...app.nodeArgs, ...rest].join(' ');
  return [program.startsWith('/') ? program : `${home(app)}/current/${program}`, ...rest].join(' ');
}

/** The text of the template unit, with what only newer releases of systemd know where it is known. */
function unitText(app: Service, facts: Facts): string {
  const view = {
    ...app,
    home: home(app),
    command: command(app),
    environment: environmentPath(app),
    ownNode: app.node !== 'debian',
    node: nodeDirectory(app.node),
    socket: app.listen === 'socket',
    backoff: facts.systemd >= 254,
    privateControlGroups: facts.systemd >= 257,
    logFiles: app.logs.to === 'files',
    logs: logDirectory(app),
    writable: [...writableDirectories(app), ...app.sandbox.writable.map((path) => `-${path}`)],
    ...restrictions(app.sandbox),
  };
  const marked = template('app/service', { ...view, hash: '' });
  return marked.replace(/^Environment=KEELSON_UNIT=$/m, `$&${hashOf(marked)}`);
}

const hashOf = (unitText: string): string =>
  sha256(unitText.replace(/^Environment=KEELSON_UNIT=.*\n/m, ''));

/** What an instance carries as KEELSON_UNIT, by which a rollout tells old from new. */
export const unitHash = (app: Service, facts: Facts): string => hashOf(unitText(app, facts));

/** Template unit, target, and the socket where the app wants one. The rollout starts them. */
export function renderService(app: Service, facts: Facts): Item[] {
  const { name } = app;
  const services = ports(app, facts).map((port) => `${name}@${port}.service`);
  const sockets = services.map((service) => service.replace('.service', '.socket'));
  const socket = app.listen === 'socket';
  const units = [...(socket ? sockets : []), ...services].join(' ');
  const folder = '/etc/systemd/system';
  const check = { check: 'systemd' } as const;
  const target = `${folder}/${name}.target`;
  return [
    file(`${folder}/${name}@.service`, unitText(app, facts), check),
    ...(socket ? [file(`${folder}/${name}@.socket`, template('app/socket', { name }), check)] : []),
    file(target, template('app/target', { name, units, services: services.join(' ') }), check),
    unit(`${name}.target`, { enabled: 'enabled', fragment: target }),
  ];
}
