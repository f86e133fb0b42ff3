/** Apps that take TCP connections: behind nginx on one port, or each instance on a public one of its own. */
import { type Merged, mergedFields, type Rule, type Values } from '../../fields/shape.ts';
import { tcpChecks } from '../checks.ts';
import { command } from '../command.ts';
import type { AppType } from '../component.ts';
import { conversing } from '../conversation.ts';
import { instances } from '../instances.ts';
import { workerLimits } from '../limits.ts';
import { needs } from '../needs.ts';
import { ports, portsOf } from '../ports.ts';
import { isOpen, publicly } from '../public.ts';
import { release } from '../release.ts';
import { tcpRollout } from '../rollouts/tcp.ts';
import { isLocal } from '../sandbox.ts';
import { service } from '../service.ts';
import { stream } from '../stream.ts';
import { sudoers } from '../sudoers.ts';
import { canListen, running } from './running.ts';

const components = [
  release,
  command,
  publicly,
  stream,
  conversing,
  ports,
  service,
  ...running,
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
  canListen,
  {
    path: 'sandbox',
    error: 'keeps out whom `public: each` lets in; choose `network: any`',
    holds: (app) => !isOpen(app) || app.sandbox === undefined || !isLocal(app.sandbox),
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
