/**
 * What happens to each kind of resource when it is made, changed and removed.
 * SSH is loaded only when something will run: most runs change nothing.
 */
import { flushCompileCache } from 'node:module';
import { type CommandInputs, environmentOf, type Run } from './command.ts';
import type { Context } from './connection.ts';
import type { CopyInputs } from './copy-to-remote.ts';
import type { Streams } from './output.ts';
import { isObject, type Properties, plain } from './property.ts';

/** Inputs and state as the engine gives them; what it returns are the outputs beyond the inputs. */
export type Resource = {
  create(inputs: Properties, context: Context): Promise<Properties>;
  update(state: Properties, inputs: Properties, context: Context): Promise<Properties>;
  delete(state: Properties, context: Context): Promise<void>;
  /** Begins to load what it runs with, while the engine does what comes before that. */
  prepare(): void;
  /** Outputs that no input gives, unknown until the command has run. */
  readonly computed: readonly string[];
};

/** Node.js writes down what it compiled, since the engine kills its plugins. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().finally(() => flushCompileCache());
    return loaded;
  };
}

const command = <Inputs extends CommandInputs>(own: () => Promise<Run<Inputs>>): Resource => {
  const load = once(own);
  const run = async (
    line: string | undefined,
    properties: Properties,
    previous: Streams,
    context: Context,
  ): Promise<Streams> => {
    if (line === undefined) return previous;
    const inputs = plain(properties) as unknown as Inputs;
    return (await load())(line, inputs, environmentOf(inputs, previous), context);
  };
  const lines = (properties: Properties) => plain(properties) as unknown as CommandInputs;
  return {
    computed: ['stdout', 'stderr'],
    create: (inputs, context) =>
      run(lines(inputs).create, inputs, { stdout: '', stderr: '' }, context),
    update: (state, inputs, context) =>
      run(lines(inputs).update ?? lines(inputs).create, inputs, streamsOf(state), context),
    async delete(state, context) {
      await run(lines(state).delete, state, streamsOf(state), context);
    },
    prepare: () => void load().catch(() => {}),
  };
};

function streamsOf(state: Properties): Streams {
  const { stdout = '', stderr = '' } = plain(state) as unknown as Partial<Streams>;
  return { stdout, stderr };
}

const loadCopy = once(async () => (await import('./copy-to-remote.ts')).copyToRemote);

const copy: Resource = {
  computed: [],
  async create(inputs, context) {
    const copyToRemote = await loadCopy();
    await copyToRemote(plain(inputs) as unknown as CopyInputs, context);
    return {};
  },
  /** Another connection alone copies nothing, nor does `delete` remove anything: so does the official plugin. */
  update: async (state, inputs, context) =>
    contentOf(state) === contentOf(inputs) ? {} : copy.create(inputs, context),
  async delete() {},
  prepare: () => void loadCopy().catch(() => {}),
};

/** The content's hash, which the engine adds to each asset, and where it goes. */
function contentOf(properties: Properties): string {
  const { source, remotePath } = plain(properties) as Properties;
  return `${isObject(source) ? source.hash : ''} ${remotePath}`;
}

export const resources: Record<string, Resource> = {
  'command:local:Command': command(async () => (await import('./local-command.ts')).runLocally),
  'command:remote:Command': command(async () => (await import('./remote-command.ts')).runRemotely),
  'command:remote:CopyToRemote': copy,
};
