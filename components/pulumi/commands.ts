/** The resources of one host: its helper, uploads, one command per manifest, and what takes away at the end. */
import { remote } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import type { Seen } from '../host/look.ts';
import { text } from '../host/manifest.ts';
import { helperPath } from '../host/script.ts';
import { plain } from '../lib/plain.ts';
import { installer } from './install.ts';
import { type Plan, paced } from './plan.ts';
import { isSettled } from './state.ts';
import { noteDue, refuseLeftOut, unlessLeftOut } from './targeted.ts';
import { upload } from './upload.ts';
import { hasWork, wayBack, wayOf } from './way.ts';
import { proveWayIn } from './way-in.ts';

type Arguments = {
  create: string;
  stdin: pulumi.Input<string>;
  delete?: string;
  logging?: 'none';
};

type Options = {
  parent?: pulumi.Resource;
  dependsOn?: pulumi.CustomResourceOptions['dependsOn'];
  /** What of this host it must not run without, where that has something to do. */
  needs?: readonly pulumi.Resource[];
  /** It has something to do. */
  due?: boolean;
  /** It calls sudo itself. */
  isSent?: boolean;
  /** Inputs that stay what they were, since nothing asks for them to be others. */
  settled?: readonly string[];
  /** A later `destroy` goes by its connection. */
  isKept?: boolean;
  /** What comes before its connection. */
  first?: () => Promise<void>;
};

/** Registers them all, in the order in which they are applied. */
export function register(plan: Plan): remote.Command[] {
  const { look, name, last } = plan;
  const done = new Map<string, remote.Command>();
  const helper = command(
    plan,
    'helper',
    {
      create: `sh -s ${name}`,
      // It also tells the host a server's new name.
      stdin: plan.after(installer(look.helper.header.run)),
      delete: `${helperPath} uninstall ${name}`,
      logging: 'none',
    },
    {
      ...{ due: look.helper.due, isKept: true },
      settled: [...(isSettled(last, look.helper) ? ['stdin'] : []), ...wayBack(plan)],
    },
  );
  tell(look.helper, helper);
  done.set('helper', helper);
  const apps = new Map<string, pulumi.ComponentResource>();
  for (const seen of look.seen) apply(plan, seen, done, apps);
  return [...done.values(), prune(plan, [...done.values()])];
}

function apply(
  plan: Plan,
  seen: Seen,
  done: Map<string, remote.Command>,
  apps: Map<string, pulumi.ComponentResource>,
): void {
  const { manifest, header } = seen;
  const parent = manifest.app === undefined ? plan.host : appOf(manifest.app, plan, apps);
  const helper = done.get('helper') as remote.Command;
  const uploads = (manifest.uploads ?? []).map((sent) => upload(plan, sent, seen, parent, helper));
  const before = manifest.after.flatMap((name) => done.get(name) ?? []);
  const needs: pulumi.Resource[] = [helper, ...uploads, ...before];
  const stdin = plan.after(text(manifest, header));
  // Past sudo, which may record what it reads.
  const isSent = manifest.secret === true && plan.user !== 'root';
  const applied = command(
    plan,
    manifest.name,
    {
      create: `${helperPath} ${isSent ? 'send' : 'apply'} ${plan.name}`,
      stdin: manifest.secret ? pulumi.secret(stdin) : stdin,
      // Told when it is over, and in one piece.
      logging: 'none',
    },
    {
      ...{ parent, needs, due: seen.due, isSent },
      dependsOn: withTurns(plan, seen, needs),
      settled: wayOf(plan, seen),
    },
  );
  tell(seen, applied);
  done.set(manifest.name, manifest.confirm ? confirm(plan, seen, applied, parent) : applied);
}

/** Hosts take turns only where instances move. */
function withTurns({ turns }: Plan, { manifest, due }: Seen, own: pulumi.Resource[]) {
  if (manifest.app === undefined || !due) return own;
  return turns.then((others) => [...own, ...others]);
}

/** What a manifest changed goes back by itself unless a new connection says that it still can be made. */
function confirm(
  plan: Plan,
  seen: Seen,
  applied: remote.Command,
  parent: pulumi.Resource,
): remote.Command {
  const { manifest, header, due, isUnconfirmed } = seen;
  return command(
    plan,
    `${manifest.name}-confirm`,
    { create: `${helperPath} confirm ${header.run} ${plan.name}`, stdin: '', logging: 'none' },
    {
      ...{ parent, dependsOn: [applied], needs: [applied], due },
      settled: isUnconfirmed ? [] : wayOf(plan, seen),
      first: () => proveWayIn(plan, seen, applied),
    },
  );
}

/**
 * The last one of a host: fails with what failed before, or takes away what no manifest names any more; its `delete`
 * takes away all.
 */
function prune(plan: Plan, all: pulumi.Resource[]): remote.Command {
  const { look, name, run } = plan;
  const names = look.seen.map(({ manifest }) => manifest.name);
  const due = hasWork(look);
  const last = command(
    plan,
    'prune',
    {
      create: `${helperPath} prune ${name}`,
      stdin: plan.after([`run ${run}`, ...names, 'end', ''].join('\n')),
      delete: `${helperPath} destroy ${name}`,
    },
    {
      ...{ dependsOn: all, needs: all, due },
      isKept: true,
      settled: [...(due ? [] : ['stdin']), ...wayBack(plan)],
    },
  );
  // What it did the plugin tells, line by line, as it does when the resource is deleted.
  tell({ lines: look.gone.flatMap(({ lines }) => lines), due: false }, last);
  return last;
}

function command(plan: Plan, name: string, args: Arguments, options: Options): remote.Command {
  const { settled = [], dependsOn = [], needs = [], due, isKept } = options;
  const sudo = plan.user === 'root' ? '' : 'sudo -n ';
  const line = `${options.isSent ? '' : sudo}${args.create}`;
  const own = isKept ? plan.connection.kept : plan.connection.now;
  const before = due && !pulumi.runtime.isDryRun() ? options.first?.() : undefined;
  const connection = before ? before.then(() => own) : own;
  const made = new remote.Command(
    `${plan.name}-${name}`,
    {
      ...args,
      connection: paced(plan, connection, settled, dependsOn) as remote.CommandArgs['connection'],
      // Each ends in the server's name: what it owns on the host, another server of the stack leaves.
      create: due ? unlessLeftOut(line, { server: plan.name, name }, needs) : line,
      ...(args.delete !== undefined && { delete: `${sudo}${args.delete}` }),
      addPreviousOutputInEnv: false,
    },
    {
      ...{ parent: options.parent ?? plan.host, dependsOn, ignoreChanges: [...settled] },
      ...(plan.deletedWith && { deletedWith: plan.deletedWith }),
    },
  );
  if (due) {
    noteDue(made, { name: `${plan.name}-${name}`, given: args.stdin, answered: made.stdin });
    refuseLeftOut(made.create);
  }
  return made;
}

/** Beside the resource that deals with it: in a preview what will be done, else what was done. */
function tell({ lines, due }: Pick<Seen, 'lines' | 'due'>, resource: remote.Command): void {
  if (pulumi.runtime.isDryRun()) {
    if (lines.length > 0) pulumi.log.info(lines.join('\n'), resource);
  } else if (due) resource.stdout.apply((said) => said && pulumi.log.info(plain(said), resource));
}

function appOf(
  name: string,
  { host, ...plan }: Plan,
  apps: Map<string, pulumi.ComponentResource>,
): pulumi.ComponentResource {
  const known = apps.get(name);
  if (known) return known;
  const options = { parent: host };
  const app = new pulumi.ComponentResource('keelson:app:App', `${plan.name}-${name}`, {}, options);
  apps.set(name, app);
  return app;
}
