/**
 * Looking at a host: facts first, then, with the manifests that they give, the probe.
 */
import { randomBytes } from 'node:crypto';
import { HostError, type Session, type Target } from '../ssh/connection.ts';
import { judge, judgeHelper, type Sight, type Verdict } from './drift.ts';
import { type Facts, type Memory, parseFacts, unseen } from './facts.ts';
import { sha256 } from './item.ts';
import { type Header, key, type Manifest } from './manifest.ts';
import { probe } from './probe.ts';
import { factsScript, helper } from './script.ts';

/** What a host's manifests are, given its facts. */
export type Render = (facts: Facts) => Manifest[];

type Judged = { readonly manifest: Manifest; readonly verdict: Verdict };

export type Seen = {
  readonly manifest: Manifest;
  readonly due: boolean;
  readonly header: Header;
  readonly lines: readonly string[];
};

export type Look = {
  readonly facts: Facts;
  readonly memory: Memory;
  readonly helper: Seen;
  readonly seen: readonly Seen[];
  readonly gone: readonly Seen[];
};

const seenOf = ({ manifest, verdict }: Judged): Seen => ({
  manifest,
  due: verdict.due,
  header: verdict.header,
  lines: verdict.findings.flatMap(({ text, lines = [] }) => [
    text,
    ...lines.map((it) => `    ${it}`),
  ]),
});

const looked = (facts: Facts, memory: Memory, judged: readonly Judged[], run: string): Look => ({
  ...{ facts, memory, gone: [], seen: judged.map(seenOf) },
  helper: seenOf({
    manifest: { name: 'helper', after: [], items: [] },
    verdict: judgeHelper({ memory, run }),
  }),
});

/** Names a run: its time in UTC, and a few random digits since two clocks may agree. */
export const newRun = (now = new Date()): string =>
  `${now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')}-${randomBytes(2).toString('hex')}`;

/** Looks at one host over one connection. Changes nothing. */
export async function look(
  session: Session,
  target: Target,
  render: Render,
  run: string,
): Promise<Look> {
  const { facts, memory } = read(target, await session.script(factsScript()));
  const manifests = withRuns(render(facts), memory, run);
  const sight = await probe(session, manifests, memory);
  refuseForeign(target, manifests, sight);
  const judged = manifests.map((manifest) => ({ manifest, verdict: judge(manifest, sight, run) }));
  return looked(facts, memory, judged, run);
}

/** What is there already and is somebody else's is told before anything is planned. */
function refuseForeign(target: Target, manifests: readonly Manifest[], sight: Sight): void {
  const told = manifests
    .flatMap(({ items }) => items)
    .flatMap((item) => {
      const foreign = sight.observed.get(key(item))?.foreign;
      return foreign === undefined ? [] : [`${key(item)} ${foreign}`];
    });
  if (told.length > 0) throw new HostError(target, told.join('; '));
}

/** Names the server that something went wrong with. A fault of the program keeps its stack trace. */
export function hostError(target: Target, error: unknown): HostError {
  if (error instanceof HostError) return error;
  if (error instanceof Error && error.name === 'Error') return new HostError(target, error.message);
  return new HostError(target, String(error instanceof Error ? error.stack : error));
}

function read(target: Target, output: string): { facts: Facts; memory: Memory } {
  try {
    return parseFacts(output);
  } catch (error) {
    throw new HostError(target, (error as Error).message);
  }
}

/** What an earlier `up` said of a host, kept among the stack's outputs. */
export type Remembered = {
  readonly facts: Facts;
  readonly headers: Readonly<Record<string, Header>>;
  readonly blobs: Readonly<Record<string, string>>;
};

/** Plans without looking, from what the last `up` saw: shows the program's changes alone. */
export function assume(render: Render, last: Remembered | undefined, run: string): Look {
  const facts = last?.facts ?? unseen.facts;
  const memory: Memory = {
    // A helper of another version is the program's change: without a look it counts as it is.
    helper: sha256(helper()),
    manifests: new Map(
      Object.entries(last?.headers ?? {}).map(([name, header]) => [name, { header, hash: '' }]),
    ),
    blobs: new Map(Object.entries(last?.blobs ?? {})),
  };
  const judged = withRuns(render(facts), memory, run).map((manifest) => {
    const header = memory.manifests.get(manifest.name)?.header ?? { run, lines: [] };
    return { manifest, verdict: { due: false, header, findings: [] } };
  });
  return looked(facts, memory, judged, run);
}

/** Which run sent each blob that these manifests name. */
export const runsOfBlobs = (manifests: readonly Manifest[]): Record<string, string> =>
  Object.fromEntries(
    manifests
      .flatMap(({ items }) => items)
      .filter(({ kind }) => kind === 'blob')
      .map(({ name, instructions }) => [name, instructions?.['@run'] ?? '']),
  );

/** Fills in which run sent each blob: the one that the host remembers, or this one. */
function withRuns(manifests: readonly Manifest[], memory: Memory, run: string): Manifest[] {
  return manifests.map((manifest) => ({
    ...manifest,
    items: manifest.items.map((item) =>
      item.kind === 'blob'
        ? { ...item, instructions: { '@run': memory.blobs.get(item.name) ?? run } }
        : item,
    ),
  }));
}
