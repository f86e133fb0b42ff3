/** The systemd units of an app: a template for its instances, and a target that holds them all. */
import { z } from 'zod';
import { duration, integer, size } from '../fields/index.ts';
import type { Facts } from '../host/facts.ts';
import { sha256 } from '../host/item.ts';
import { file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import type { ServerConfig } from '../server/components.ts';
import { type Command, commandLine } from './command.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { type Credentials, credentialsOf } from './credentials.ts';
import { writableDirectories } from './directories.ts';
import { environmentPath } from './environment.ts';
import { logDirectory } from './logs.ts';
import { memberServices, unitName, type WithMembers } from './members.ts';
import { nodeDirectory } from './node.ts';
import { isOpen, listensAt, publicHostOf } from './public.ts';
import { restrictions, type Sandbox } from './sandbox.ts';
import { home } from './user.ts';

/** What one process may use, whatever it is. */
export const limits = {
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
};

const fields = {
  ...limits,
  reload: z
    .enum(['SIGHUP', 'SIGUSR2'])
    .prefault('SIGHUP')
    .describe('Signal that `systemctl reload` sends; an app that does not handle it is restarted'),
};

/** What runs in an app's sandbox. */
export type Sandboxed = Named<typeof limits> &
  Command &
  Credentials & {
    sandbox: Sandbox;
    logs: { to: 'journal' | 'files'; rate: number };
    data: readonly string[];
    linked: readonly string[];
    scratch: readonly string[];
    uploads?: Readonly<Record<string, string>>;
    places?: Readonly<Record<string, string>>;
    /** How it gets its port; nothing for an app that listens nowhere. */
    listen?: 'port' | 'socket';
    /** Of a member of an app, its name. */
    member?: string;
    also?: WithMembers['also'];
    public?: number | 'each';
    publicHost?: string | undefined;
  };

export type Service = Sandboxed & Named<typeof fields>;

export type UnitContext = Pick<AppContext, 'secrets'> & {
  readonly facts: Pick<Facts, 'systemd'>;
  readonly server: Pick<ServerConfig, 'address'>;
};

/** What the units are filled with, among it what only newer releases of systemd know. */
export const view = (app: Sandboxed, { facts: { systemd }, server, secrets }: UnitContext) => ({
  ...app,
  unit: unitName(app, app.member),
  logFile: app.member === undefined ? '%i' : `${app.member}@%i`,
  home: home(app),
  command: commandLine(app),
  explained: true,
  environment: environmentPath(app),
  credentials: credentialsOf(app, secrets),
  ownNode: typeof app.node !== 'string',
  node: nodeDirectory(app.node),
  listens: app.listen !== undefined,
  address: listensAt(app),
  openTo: isOpen(app) ? [publicHostOf(app, server)] : [],
  claims: app.listen === 'port',
  socket: app.listen === 'socket',
  privateControlGroups: systemd >= 257,
  logFiles: app.logs.to === 'files',
  logRate: app.logs.to === 'files' ? [] : [app.logs.rate],
  logs: logDirectory(app),
  hasScratch: app.scratch.length > 0,
  // Without the disk of one there is nothing to write to.
  mounts: Object.values(app.places ?? {}),
  writable: [...writableDirectories(app), ...app.sandbox.writable.map((path) => `-${path}`)],
  ...restrictions(app.sandbox),
});

/** The text of the template unit: of an app, or of one of its members. */
export function unitText(app: Service, context: UnitContext): string {
  const marked = template('app/service', { ...view(app, context), hash: '' });
  return marked.replace(/^Environment=KEELSON_UNIT=$/m, `$&${hashOf(marked)}`);
}

const hashOf = (unitText: string): string =>
  sha256(unitText.replace(/^Environment=KEELSON_UNIT=.*\n/m, '').replace(/^# From .*/ms, ''));

/** What an instance carries as KEELSON_UNIT, by which a rollout tells old from new. */
export const unitHash = (app: Service, context: UnitContext): string =>
  hashOf(unitText(app, context));

const folder = '/etc/systemd/system';
export const unitCheck = { check: 'systemd' } as const;

export const unitPath = (app: { name: string; member?: string }): string =>
  `${folder}/${unitName(app, app.member)}@.service`;

/** What a rollout completes with a command, to run it as an instance would. */
export const hookPath = (app: { name: string }): string => `/etc/keelson/${app.name}/hook.service`;

/**
 * Template unit, target, and the socket where the app wants one; and beside them the unit of what runs
 * once in a release. The rollout starts them.
 */
export const service = appComponent({
  name: 'service',
  fields,
  render: (app: Service, context: Pick<AppContext, 'instances'> & UnitContext) => {
    const { name } = app;
    const own = context.instances.map((key) => `${name}@${key}.service`);
    const sockets = own.map((service) => service.replace('.service', '.socket'));
    const socket = app.listen === 'socket';
    const services = [...own, ...memberServices(app)];
    const units = [...(socket ? sockets : []), ...services].join(' ');
    const target = template('app/target', { name, units, services: services.join(' ') });
    return {
      app: [
        file(unitPath(app), unitText(app, context), unitCheck),
        ...(socket
          ? [file(`${folder}/${name}@.socket`, template('app/socket', { name }), unitCheck)]
          : []),
        file(`${folder}/${name}.target`, target, unitCheck),
        unit(`${name}.target`, { enabled: 'enabled' }),
        file(hookPath(app), template('app/hook', { ...view(app, context), explained: false })),
      ],
    };
  },
});
