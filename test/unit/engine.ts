/** Pulumi's engine, mocked: notes each resource with its parent, what it depends on, and its inputs. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as pulumi from '@pulumi/pulumi';
import { MockMonitor } from '@pulumi/pulumi/runtime/mocks.js';

export type Registered = {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Name of its parent; empty for the stack. */
  parent: string;
  dependsOn: string[];
  aliases: string[];
  ignoreChanges: string[];
  protect: boolean;
  /** Name of what takes it with it. */
  deletedWith: string;
  deleteBeforeReplace: boolean;
  secretOutputs: string[];
};

export type Engine = {
  registered: Registered[];
  /** Names of those that are done, in the order in which they were. */
  ended: string[];
  /** What components registered as their outputs, by name. */
  outputs: Record<string, unknown>;
  named(name: string): Registered;
};

type Request = {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getProtect(): boolean;
  getDeletedwith(): string;
  getDeletebeforereplace(): boolean;
  getAdditionalsecretoutputsList(): string[];
  getAliasesList(): { getSpec(): { getType(): string } | undefined }[];
};

const nameOf = (urn: string): string => urn.split('::').at(-1) ?? '';

type Options = {
  preview?: boolean;
  /** Names of resources that take a while. */
  slow?: string[];
  stdout?: string;
  /** Resources that `--target` leaves out: what the engine answers from the state, by name. */
  leftOut?: Record<string, Record<string, unknown>>;
  /** The outputs of each resource in the state, by URN. */
  state?: Record<string, Record<string, unknown>>;
  /** What asking for the state fails with, one time after another, before it is answered. */
  troubles?: string[];
  /** What a provider answers, by the name of its function; an Error is what it fails with. */
  answers?: Record<string, (args: Record<string, unknown>) => object>;
  /** What resources have beyond their inputs, by type. */
  computed?: Record<string, Record<string, unknown>>;
};

export async function engine(options: Options = {}): Promise<Engine> {
  const made: Engine = {
    ...{ registered: [], ended: [], outputs: {} },
    named(name) {
      const found = made.registered.find((it) => it.name === name);
      assert.ok(found, `${name} is not among ${made.registered.map((it) => it.name).join(', ')}`);
      return found;
    },
  };
  const inputsOf = new Map<string, Record<string, unknown>>();
  const mocks: pulumi.runtime.Mocks = {
    newResource: async ({ type, name, inputs }) => {
      inputsOf.set(`${type} ${name}`, inputs);
      if (options.slow?.includes(name)) await sleep(50);
      made.ended.push(name);
      const own = type.startsWith('command:') ? { stdout: options.stdout ?? '', stderr: '' } : {};
      const more = { ...options.computed?.[type], ...options.leftOut?.[name] };
      return { id: String(more.id ?? name), state: { ...inputs, ...own, ...more } };
    },
    call: ({ token, inputs }) => {
      if (token.startsWith('aws:')) return answered(options, token, inputs);
      const trouble = options.troubles?.shift();
      if (trouble !== undefined) throw Object.assign(new Error(trouble), { details: trouble });
      const entries = Object.entries(options.state ?? {});
      return { outputs: Object.fromEntries(entries.map(([urn, outputs]) => [urn, { outputs }])) };
    },
  };
  // What the one before is still told would reach this one.
  await pulumi.runtime.disconnect();
  await pulumi.runtime.setMocks(mocks, 'keelson', 'test', options.preview ?? false, 'own');
  const register = MockMonitor.prototype.registerResource;
  const monitor = pulumi.runtime.getMonitor() as unknown as Record<string, unknown>;
  monitor.registerResource = function (this: unknown, request: Request, ...more: unknown[]) {
    made.registered.push({
      ...{ type: request.getType(), name: request.getName() },
      get inputs() {
        return inputsOf.get(`${request.getType()} ${request.getName()}`) ?? {};
      },
      parent: nameOf(request.getParent()),
      dependsOn: request.getDependenciesList().map(nameOf).sort(),
      aliases: request.getAliasesList().map((alias) => alias.getSpec()?.getType() ?? ''),
      ignoreChanges: request.getIgnorechangesList(),
      protect: request.getProtect(),
      deletedWith: nameOf(request.getDeletedwith()),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      secretOutputs: request.getAdditionalsecretoutputsList(),
    });
    return (register as unknown as (...args: unknown[]) => unknown).call(this, request, ...more);
  };
  const output = MockMonitor.prototype.registerResourceOutputs;
  monitor.registerResourceOutputs = function (this: unknown, request: never, ...more: unknown[]) {
    const { getUrn, getOutputs } = request as unknown as {
      getUrn(): string;
      getOutputs(): { toJavaScript(): unknown };
    };
    made.outputs[nameOf(getUrn.call(request))] = getOutputs.call(request)?.toJavaScript();
    return (output as unknown as (...args: unknown[]) => unknown).call(this, request, ...more);
  };
  return made;
}

function answered({ answers = {} }: Options, token: string, inputs: Record<string, unknown>) {
  const [, name = ''] = /\/(\w+):/.exec(token) ?? [];
  const answer = answers[name];
  assert.ok(answer, `nothing was to ask ${token}`);
  const given = answer(inputs);
  if (given instanceof Error) throw Object.assign(given, { details: given.message });
  return given as Record<string, unknown>;
}

/** Waits until all of them are registered. */
export const settled = (resources: readonly pulumi.Resource[]): Promise<unknown> =>
  Promise.all(resources.map((it) => new Promise((done) => it.urn.apply(done))));
