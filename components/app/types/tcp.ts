/** Apps that take TCP connections: behind nginx on one port, or each instance on a public one of its own. */
import { type Merged, mergedFields, type Rule, type Values } from '../../fields/shape.ts';
import { tcpChecks } from '../checks.ts';
import { command } from '../command.ts';
import type { AppType } from '../component.ts';
import { conversing } from '../conversation.ts';
import { directories } from '../directories.ts';
import { environment } from '../environment.ts';
import { home } from '../home.ts';
import { instances } from '../instances.ts';
import { workerLimits } from '../limits.ts';
import { linked } from '../linked.ts';
import { logs } from '../logs.ts';
import { needs } from '../needs.ts';
import { node } from '../node.ts';
import { places } from '../places.ts';
import { ports, portsOf } from '../ports.ts';
import { isOpen, publicly } from '../public.ts';
import { reach } from '../reach.ts';
import { release } from '../release.ts';
import { tcpRollout } from '../rollouts/tcp.ts';
import { sandbox } from '../sandbox.ts';
import { scratch } from '../scratch.ts';
import { service } from '../service.ts';
import { stream } from '../stream.ts';
import { sudoers } from '../sudoers.ts';
import { units } from '../units.ts';
import { user } from '../user.ts';

const components = [
  release,
  command,
  publicly,
  stream,
  conversing,
  ports,
  service,
  sandbox,
  reach,
  node,
  environment,
  units,
  user,
  directories,
  home,
  linked,
  scratch,
  places,
  logs,
  tcpRollout,
  tcpChecks,
  needs,
  workerLimits,
  instances,
  sudoers,
] as const;

export type TcpApp = Values<Merged<typeof components>> & {
  readonly type: 'tcp';
  readonly name: string;
};

const rules: readonly Rule<TcpApp>[] = [
  {
    path: 'sandbox',
    error: 'leaves the app no way to listen; add `listen: socket` or choose `network: localhost`',
    holds: ({ listen, sandbox }) => listen !== 'port' || sandbox?.network !== 'none',
  },
  {
    path: 'sandbox',
    error: 'keeps out whom `public: each` lets in; choose `network: any`',
    holds: (app) => !isOpen(app) || app.sandbox?.network === 'any',
  },
  {
    path: 'listen',
    error: 'is a socket for nginx alone; with `public: each` leave it out',
    holds: (app) => !isOpen(app) || app.listen === 'port',
  },
];

export const tcp = {
  name: 'tcp',
  components,
  fields: mergedFields(components),
  rules,
  instances: portsOf,
} as const satisfies AppType<TcpApp>;
