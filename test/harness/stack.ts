/** Stacks for scenarios: a project, a stack file and a state of their own, on hosts in containers. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { removeStaleScenarios, scenariosDirectory } from '../../tools/container/cleanup.ts';
import { releaseLocks } from '../../tools/lib/locks.ts';
import { project, pulumi, type Result, root } from '../../tools/lib/pulumi.ts';
import { type Run, type Running, said, start } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, diffSnapshots, type SnapshotOptions, snapshot } from './host.ts';

const stackName = 'scenario';
let made = 0;

/** What a stack file holds under `keelson:`, without that prefix. */
export type StackConfig = Record<string, unknown>;

/** Updates bring Python along, which takes seconds to install: who tries them switches them on. */
const quick = { updates: false };

type Verb = Parameters<typeof start>[0];

const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  delete: z.boolean().default(false),
  inputs: z.record(z.string(), z.unknown()).default({}),
});

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(resourceSchema).default([]),
    pending_operations: z.array(z.unknown()).default([]),
  }),
});

/** What Pulumi remembers of a stack. */
export type State = z.infer<typeof stateSchema>['deployment'];

export class Stack {
  readonly name = stackName;
  readonly hosts: readonly DebianHost[];
  /** The project's directory; scenarios may put files of their own into it. */
  readonly directory: string;
  readonly #env: NodeJS.ProcessEnv;
  #defaults: object = quick;
  #config?: StackConfig;

  constructor(hosts: readonly DebianHost[], directory: string, env: NodeJS.ProcessEnv) {
    this.hosts = hosts;
    this.directory = directory;
    this.#env = env;
  }

  get file(): string {
    return join(this.directory, 'stacks', `Pulumi.${stackName}.yaml`);
  }
  get #options() {
    return { cwd: this.directory, state: join(this.directory, 'state'), env: this.#env };
  }

  /** From now on runs the program in another directory, such as an earlier commit's; without one this clone's. */
  use(program = root): void {
    project(this.directory, program);
    this.#defaults = program === root ? quick : {};
    if (this.#config) this.configure(this.#config);
  }

  /**
   * Writes the stack file; what is encrypted in it stays.
   * The hosts are its servers: `server` for one, `servers.h1`, `servers.h2`, … for several; `config.server`
   * and `config.servers` add settings to them.
   */
  configure(config: StackConfig): void {
    this.#config = config;
    const old = existsSync(this.file) ? parse(readFileSync(this.file, 'utf8')) : {};
    const entries = Object.entries({ ...config, ...this.#servers(config) });
    const secrets = old.config?.['keelson:secrets'];
    const own = old.config?.['keelson:serverSecrets'];
    const written = {
      ...(old.encryptionsalt && { encryptionsalt: old.encryptionsalt }),
      config: {
        ...Object.fromEntries(entries.map(([key, value]) => [`keelson:${key}`, value])),
        ...(secrets && { 'keelson:secrets': secrets }),
        ...(own && { 'keelson:serverSecrets': own }),
      },
    };
    // Quoted, since a tab in any other form is no YAML to Pulumi.
    writeFileSync(
      this.file,
      stringify(written, { defaultStringType: 'QUOTE_DOUBLE', lineWidth: 0 }),
    );
  }

  #servers(config: StackConfig): StackConfig {
    const connection = ({ address, user, knownHosts }: DebianHost) => ({
      ...{ address, user, knownHosts },
      ...this.#defaults,
    });
    const [first, ...others] = this.hosts;
    if (first && others.length === 0 && !config.servers) {
      return { server: { ...connection(first), ...(config.server as object) } };
    }
    const settings = (config.servers ?? {}) as Record<string, object>;
    const named = this.hosts.map((host, index) => {
      const name = Object.keys(settings)[index] ?? `h${index + 1}`;
      return [name, { ...connection(host), ...settings[name] }];
    });
    return { servers: Object.fromEntries(named) };
  }

  /** Encrypts a value into the stack file, such as `setSecret('shop.TOKEN', 'x')`, or below another key. */
  async setSecret(path: string, value: string, below = 'secrets'): Promise<void> {
    const key = `keelson:${below}.${path}`;
    await this.pulumi(['config', 'set', '--secret', '--path', key, '--stack', stackName], value);
  }

  /** Starts a run without waiting for its end, for what interrupts it. */
  start(verb: Verb, args: readonly string[] = []): Running {
    return start(verb, ['--stack', stackName, ...args], this.#options);
  }

  /** A run that may fail. */
  async try(verb: Verb, args: readonly string[] = []): Promise<Run> {
    return await this.start(verb, args).ended;
  }

  async #succeed(verb: Verb, args: readonly string[] = []): Promise<Run> {
    const late = setTimeout(() => this.#tellLate(verb), 60_000);
    const run = await this.try(verb, args).finally(() => clearTimeout(late));
    assert.equal(run.code, 0, `pulumi ${verb}:\n${said(run)}`);
    return run;
  }

  /** What hosts of a run do that takes long, and may end well: nobody could tell afterwards. Of fifty two tell enough. */
  async #tellLate(verb: Verb): Promise<void> {
    const ask = 'date -u; tail -n 12 /var/log/keelson.log; ps -eo etimes,wchan:20,args --forest';
    for (const host of this.hosts.slice(0, 2))
      console.log(
        `pulumi ${verb} takes more than a minute: ${(await host.tryExec(ask)).stdout.replace(/^.*\[.*\]$\n/gm, '')}`,
      );
  }

  /** `pulumi up`; fails the test when it fails. */
  up(): Promise<Run> {
    return this.#succeed('up');
  }

  preview(): Promise<Run> {
    return this.#succeed('preview');
  }

  destroy(): Promise<Run> {
    return this.#succeed('destroy');
  }

  /** The stack's outputs as Pulumi stored them, secrets hidden. */
  async outputs(): Promise<Record<string, unknown>> {
    const args = ['stack', 'output', '--json', '--stack', stackName];
    return JSON.parse((await this.pulumi(args)).stdout);
  }

  /** Any other command of Pulumi, or one whose words for people are looked at; fails the test when it fails. */
  async pulumi(args: readonly string[], input?: string): Promise<Result> {
    const result = await this.tryPulumi(args, input);
    assert.equal(result.code, 0, `pulumi ${args.join(' ')}:\n${result.stdout}${result.stderr}`);
    return result;
  }

  tryPulumi(args: readonly string[], input?: string): Promise<Result> {
    const given = input === undefined ? {} : { input };
    return pulumi(args, { ...this.#options, ...given });
  }

  /** The state as Pulumi stores it, secrets in plain text. */
  async state(): Promise<State> {
    const args = ['stack', 'export', '--show-secrets', '--stack', stackName];
    const { stdout } = await this.pulumi(args);
    return stateSchema.parse(JSON.parse(stdout)).deployment;
  }

  /** Frees the state after a run was killed. */
  async unlock(): Promise<void> {
    await releaseLocks(stackName, this.#options);
  }

  /** Forgets the state, as when it was lost. */
  async forget(): Promise<void> {
    rmSync(this.#options.state, { recursive: true });
    await this.initialize();
  }

  async initialize(): Promise<void> {
    await this.pulumi(['stack', 'init', stackName, '--no-select']);
  }
}

/**
 * A stack on one or more hosts, gone with the test. Its hosts' keys are in an SSH agent of their own.
 *
 *     const stack = await testStack(t, host, { apps: { hello: { source, start: 'server.js', domains: ['default'] } } });
 *     await stack.up();
 *     await assertNothingToDo(stack);
 */
export async function testStack(
  t: TestContext,
  hosts: DebianHost | readonly DebianHost[],
  config: StackConfig,
  like?: string,
): Promise<Stack> {
  const stack = await newStack([hosts].flat(), config, like);
  t.after(() => rmSync(stack.directory, { recursive: true, force: true }));
  return stack;
}

/**
 * As `testStack()`, for programs that are no tests; the caller removes its directory.
 * @param like a directory with a `stack.yaml` whose secrets the stack file begins with.
 */
export async function newStack(
  hosts: readonly DebianHost[],
  config: StackConfig,
  like?: string,
): Promise<Stack> {
  const [first, ...others] = hosts;
  assert.ok(first, 'a stack needs a host');
  if (made === 0) await removeStaleScenarios();
  made += 1;
  const directory = join(scenariosDirectory, `${process.pid}-${made}`);
  rmSync(directory, { recursive: true, force: true });
  project(directory);
  const socket = await first.agent();
  for (const host of others) await host.shareAgent(socket);
  const stack = new Stack(hosts, directory, { SSH_AUTH_SOCK: socket });
  if (like !== undefined) cpSync(join(like, 'stack.yaml'), stack.file);
  stack.configure(config);
  await stack.initialize();
  return stack;
}

/** Names of the resources that a run created, updated, replaced or deleted; components are left out. */
export function changed({ steps }: Run): string[] {
  const own = steps.filter(({ type, op }) => op !== 'same' && /^command:/.test(type));
  return own.map(({ op, name }) => `${op} ${name}`).sort();
}

/**
 * Runs `pulumi up` once more and fails unless it changes nothing: not in the plan, and on the hosts no
 * byte, mode, modification time, inode, process or start time.
 */
export async function assertNothingToDo(stack: Stack): Promise<void> {
  await assertUntouched(stack, async () => {
    const run = await stack.up();
    assert.deepEqual(changed(run), [], `a second up has something to do:\n${said(run)}`);
    assert.deepEqual(Object.keys(run.changes), ['same']);
  });
}

/** Runs an action and fails when anything on the hosts is not as it was before. */
export async function assertUntouched(
  stack: Stack,
  action: () => Promise<void>,
  options: SnapshotOptions = {},
): Promise<void> {
  const before = await Promise.all(stack.hosts.map((host) => snapshot(host, options)));
  await action();
  const after = await Promise.all(stack.hosts.map((host) => snapshot(host, options)));
  for (const [index, host] of stack.hosts.entries()) {
    const differences = diffSnapshots(before[index] ?? {}, after[index] ?? {});
    assert.deepEqual(differences, [], `${host.name} is not as it was`);
  }
}

/** The ways in which a release of the sample app can fail; see `test/apps/bad`. */
export type Failure = 'exit' | 'error' | 'hang' | 'wrong-port' | 'memory' | 'late' | 'second';

/**
 * A release of the sample app in a directory of its own, for a stack file's `source`.
 * Different marks make different releases.
 */
export function release(stack: Stack, mark: string, failure?: Failure): string {
  const directory = join(stack.directory, 'releases', mark);
  mkdirSync(directory, { recursive: true });
  cpSync(join(root, 'test/apps/hello'), directory, { recursive: true });
  if (failure) {
    // Those that work for a while are the sample app itself until then.
    cpSync(join(directory, 'server.js'), join(directory, 'sample.js'));
    cpSync(join(root, `test/apps/bad/${failure}.js`), join(directory, 'server.js'));
  }
  writeFileSync(join(directory, 'mark.txt'), `${mark}\n`);
  return directory;
}
