/** A Debian host, and all that runs on it, as one Pulumi component. */
import './unsaid.ts';
import './untraced.ts';

import type { remote } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import type { HostConfig } from '../config/host.ts';
import { newsOfHost, renderHost, reportHost, withBuilds } from '../config/render.ts';
import { newRun, type Render } from '../host/look.ts';
import type { Way } from '../ssh/connection.ts';
import type { RunningApp } from './apps.ts';
import { register } from './commands.ts';
import { commandConnection, holds, sameForAll } from './connection.ts';
import { given } from './inputs.ts';
import { noteWay, refuseCutWay } from './jumps.ts';
import { together } from './looks.ts';
import { type Machine, onMachine, reachedBy } from './machine.ts';
import { readHost, releasesOf, type Settings } from './settings.ts';
import { connections, fresh, lookAt, unseen } from './sight.ts';
import { keptOf, lastOf, remember } from './state.ts';
import { isTold, tellFailuresOnce, told } from './told.ts';
import { isSameWay } from './way.ts';
import { enter } from './way-in.ts';

/** What only a program can say. */
type More = {
  /** What makes it in this program; says its address, user and host key. */
  machine?: Machine;
  /** Hosts that move to a release before this one does. */
  after?: readonly Host[];
  /** `ignore`: previews do not look at the host, and show the program's changes alone. */
  drift?: 'look' | 'ignore';
  /** File that says which builds of Node.js are meant where apps name a version alone; `node.json` when not given. */
  pins?: string;
};

/** Where a machine says how it is reached, nobody else has to. */
type OnMachine = Omit<Settings, 'address'> & { machine: Machine };

/** All that a stack file can say of one host and its apps; or what was read of one already. */
export type HostArgs = (Settings | OnMachine | { config: HostConfig | Promise<HostConfig> }) & More;

type Registered = {
  commands: readonly remote.Command[];
  apps: pulumi.Output<Record<string, RunningApp>>;
  memory: object;
};

/** Names the run for all hosts of a program. */
const run = newRun();

tellFailuresOnce();

/**
 * Looks at a host and registers one command for each manifest of it. What differs is shown in a preview, and
 * mended by `up`; a host that is as it should be is left alone.
 *
 * @example
 * new Host('web1', { address: machine.publicIp, apps: { shop: { source: 'shop', start: 'server.js', domains: ['shop.example.com'] } } });
 */
export class Host extends pulumi.ComponentResource<Registered> {
  readonly name: string;
  readonly address: pulumi.Output<string>;
  /** Whether this program makes its machine. */
  readonly isMade: boolean;
  /** What runs there once this run is over: release and instances of each app. */
  readonly apps: pulumi.Output<Record<string, RunningApp>>;

  constructor(name: string, args: HostArgs, options: pulumi.ComponentResourceOptions = {}) {
    // What is enumerable becomes an input: in the state, and a line of each difference.
    const inputs = Object.defineProperty({ address: knownAddress(args) }, 'args', { value: args });
    super('keelson:index:Host', name, inputs, {
      ...options,
      aliases: [...(options.aliases ?? []), { type: 'keelson:host:Server' }],
    });
    this.name = name;
    this.isMade = args.machine !== undefined;
    const registered = this.getData();
    this.address = knownAddress(args);
    // A run that could not look at it fails by itself, and keeps what was known.
    const known = registered.catch(() => lastOf(name));
    this.apps = pulumi.output(known.then(({ apps }) => apps ?? {})) as typeof this.apps;
    const memory = known.then((it) => it.memory);
    // Of one that failed there is none, and its error is told by itself.
    const machine = args.machine?.resource.then(
      ({ urn }) => urn,
      () => undefined,
    );
    const made = machine && { machine };
    this.registerOutputs({ address: this.address, apps: this.apps, memory, ...made });
  }

  protected override async initialize(
    { args }: { args: HostArgs },
    options: pulumi.ComponentResourceOptions,
    name: string,
  ): Promise<Registered> {
    await undefined; // Now the constructor is through, and what it sets is there.
    try {
      // Its URN is there when all that it depends on is. That takes until the plugin has started.
      if (options.dependsOn !== undefined) await urnOf(this);
      const turns = (args.after ?? []).map((host) =>
        host.getData().then(
          ({ commands }) => commands,
          () => [],
        ),
      );
      return await registerHost(this, name, args, Promise.all(turns));
    } catch (cause) {
      // What the last run left is shown by then: see `showLastOutputs`.
      await lastOf(name).catch(() => undefined);
      const error = readable(name, cause);
      // Fails the run also where the turn of another host catches what is thrown.
      Promise.reject(error);
      throw error;
    }
  }
}

/** Of a machine that could not be made its own error is told, and nothing where its address would be. */
function knownAddress(args: HostArgs): pulumi.Output<string> {
  const address = pulumi.output(addressOf(args)) as pulumi.Output<string>;
  return args.machine ? pulumi.recover(address, () => '') : address;
}

function addressOf(args: HostArgs): pulumi.Input<string> {
  if (args.machine) return args.machine.address;
  if (!('config' in args)) return (args as Settings).address;
  const { config } = args;
  return config instanceof Promise
    ? config.then(({ server }) => server.address)
    : config.server.address;
}

async function registerHost(
  host: Host,
  name: string,
  { after: _, drift = 'look', pins = 'node.json', machine, ...rest }: HostArgs,
  turns: Promise<(readonly pulumi.Resource[])[]>,
): Promise<Registered> {
  const args = 'config' in rest ? { config: await rest.config } : rest;
  const settings = await given(reachedBy(machine, args));
  const config = 'config' in args ? onMachine(args.config, settings) : readHost(name, settings);
  const releases = await releasesOf(config);
  const { server } = config;
  const way: Way = { ...server, name };
  const render: Render = async (facts) =>
    renderHost({ ...config, apps: await withBuilds(config.apps, facts, pins) }, facts, releases);
  const see = async () => {
    if (!settings.known) return await fresh(render, run, await machine?.facts);
    const before = lastOf(name).then(({ memory }) => memory);
    return drift === 'ignore'
      ? await unseen(render, before, run)
      : await together(lookAt(way, render, run, before, host, machine).then(noteWay));
  };
  const { look: seen, last, reached, pace } = await see();
  refuseCutWay(seen, reached);
  const same = reached && sameForAll(reached, server);
  const isBarred =
    reached !== undefined &&
    isSameWay({ reached: same, last }) &&
    !(await holds(await keptOf(name), commandConnection(reached, true)));
  const commands = register({
    ...{ host, name, run, look: seen, last, reached: same, isBarred, pace },
    ...(reached && { enter: () => enter(way) }),
    user: reached?.target.user ?? way.user ?? 'root',
    connection: connections(way, reached, settings.after),
    after: settings.after,
    turns: turns.then((lists) => lists.flat()),
    deletedWith: await machine?.resource,
  });
  if (pulumi.runtime.isDryRun())
    for (const line of await newsOfHost(config, seen.facts, pins)) pulumi.log.info(line, host);
  return {
    ...{ commands, apps: onceDone(name, commands, reportHost(config, seen.facts, releases).apps) },
    memory: remember(seen, same),
  };
}

type Apps = Record<string, RunningApp>;

/** Not what a run that failed would have brought, but what was known before. A preview says it at once. */
function onceDone(name: string, commands: readonly remote.Command[], apps: Apps) {
  if (pulumi.runtime.isDryRun()) return pulumi.output(apps) as pulumi.Output<Apps>;
  const said = pulumi.all(commands.map(({ stdout }) => stdout));
  const before = () => lastOf(name).then((last) => (last.apps ?? {}) as Apps);
  return pulumi.recover(pulumi.unsecret(said.apply(() => apps)) as pulumi.Output<Apps>, before);
}

const urnOf = (resource: pulumi.Resource): Promise<unknown> =>
  new Promise((done) => resource.urn.apply(done));

/** Shown without a stack trace, unless it is a fault of the program's. */
function readable(name: string, cause: unknown): Error {
  if (isTold(cause)) return cause;
  const { message, stack } = cause instanceof Error ? cause : new Error(String(cause));
  const faults = [TypeError, RangeError, ReferenceError, SyntaxError];
  const isFault = faults.some((kind) => cause instanceof kind);
  return told(isFault ? `host ${name}: ${stack}` : message);
}
