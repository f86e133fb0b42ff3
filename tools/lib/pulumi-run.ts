/** One run of Pulumi, followed through the events that its engine reports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { environment, executable, type Options, root } from './pulumi.ts';

const stateSchema = z.object({ outputs: z.record(z.string(), z.unknown()).optional() });

const metadataSchema = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  diffs: z.array(z.string()).nullish(),
  new: stateSchema.nullish(),
});

const resourceSchema = z.object({ metadata: metadataSchema });

/** Those of the engine's events that are looked at; all others are skipped. */
const eventSchema = z.object({
  resourcePreEvent: resourceSchema.optional(),
  resOutputsEvent: resourceSchema.optional(),
  resOpFailedEvent: resourceSchema.optional(),
  diagnosticEvent: z
    .object({ urn: z.string().optional(), message: z.string(), severity: z.string() })
    .optional(),
  summaryEvent: z
    .object({ resourceChanges: z.record(z.string(), z.number()).nullish() })
    .optional(),
});

/** What happens to one resource: `create`, `update`, `same`, `delete`, `replace`, … */
export type Step = {
  op: string;
  urn: string;
  type: string;
  name: string;
  /** The inputs that differ, by path. */
  diffs: string[];
  /** Empty before it is done, and in previews. */
  outputs: Record<string, unknown>;
};

export type Message = { severity: string; text: string; urn: string | undefined };

/** A run that has ended. */
export type Run = {
  /** 0 when it succeeded; 137 when a signal ended it. */
  code: number;
  /** One for each resource, `same` among them, in the order in which they were done. */
  steps: Step[];
  failed: Step[];
  /** What the program and the plugins said: information, warnings, errors. */
  messages: Message[];
  /** Number of resources by operation. */
  changes: Record<string, number>;
  /** The stack's outputs, secrets hidden. */
  outputs: Record<string, unknown>;
  /** What was printed beside the events. */
  stderr: string;
};

export type Progress = { begun?: Step; done?: Step; failed?: Step; message?: Message };

/** A run on its way. Signals sent to the child interrupt it as they do Pulumi's CLI. */
export type Running = { child: ChildProcess; ended: Promise<Run> };

type Verb = 'up' | 'preview' | 'destroy' | 'refresh';

/**
 * Starts `pulumi up`, `preview`, `destroy` or `refresh` on a stack, without questions and without a preview before.
 *
 *     const run = await start('up', ['--stack', 'local'], {}, ({ done }) => show(done)).ended
 */
export function start(
  verb: Verb,
  args: readonly string[],
  options: Options = {},
  onProgress: (progress: Progress) => void = () => {},
): Running {
  const confirmed = verb === 'preview' ? [] : ['--yes', '--skip-preview'];
  const env = { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: 'true', ...options.env };
  const child = spawn(
    executable,
    [verb, '--json', '--non-interactive', '--color=never', ...confirmed, ...args],
    {
      cwd: options.cwd ?? root,
      env: environment({ ...options, env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const run: Run = {
    ...{ code: 0, steps: [], failed: [], messages: [] },
    ...{ changes: {}, outputs: {}, stderr: '' },
  };
  createInterface({ input: child.stdout }).on('line', (line) => follow(run, line, onProgress));
  const stderr = text(child.stderr);
  const ended = new Promise<Run>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', async (code) => {
      resolve({ ...run, code: code ?? 137, stderr: await stderr });
    });
  });
  return { child, ended };
}

function follow(run: Run, line: string, onProgress: (progress: Progress) => void): void {
  const event = parse(line);
  if (!event) {
    run.messages.push({ severity: 'info', text: line, urn: undefined });
    return;
  }
  const begun = stepOf(event.resourcePreEvent);
  const done = stepOf(event.resOutputsEvent);
  const failed = stepOf(event.resOpFailedEvent);
  const message = messageOf(event.diagnosticEvent);
  if (done) finish(run, done);
  if (failed) run.failed.push(failed);
  if (message) run.messages.push(message);
  if (event.summaryEvent) run.changes = event.summaryEvent.resourceChanges ?? {};
  onProgress({
    ...(begun && { begun }),
    ...(done && { done }),
    ...(failed && { failed }),
    ...(message && { message }),
  });
}

type EngineEvent = z.infer<typeof eventSchema>;

function parse(line: string): EngineEvent | undefined {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function stepOf(event: EngineEvent['resourcePreEvent']): Step | undefined {
  if (!event) return undefined;
  const { op, urn, type, diffs, new: state } = event.metadata;
  const name = urn.slice(urn.lastIndexOf('::') + 2);
  return { op, urn, type, name, diffs: diffs ?? [], outputs: state?.outputs ?? {} };
}

/** A component is reported again when its outputs are known; the last report holds. */
function finish(run: Run, step: Step): void {
  run.steps = [...run.steps.filter(({ urn, op }) => urn !== step.urn || op !== step.op), step];
  if (step.type === 'pulumi:pulumi:Stack') run.outputs = step.outputs;
}

function messageOf(event: EngineEvent['diagnosticEvent']): Message | undefined {
  if (!event || event.severity === 'debug') return undefined;
  return { severity: event.severity, text: event.message.trimEnd(), urn: event.urn };
}

/** What a run said, one message after another, for people to read. */
export function said({ messages, stderr }: Run): string {
  return [...messages.map(({ text }) => text), stderr.trim()].filter(Boolean).join('\n');
}
