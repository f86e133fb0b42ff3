/**
 * Looking at a host: facts first, then, with the manifests that they give, what differs. Changes nothing,
 * and decides nothing: the host itself says what differs, and which manifests are due.
 */
import { randomBytes } from 'node:crypto';
import type { Session } from '../ssh/connection.ts';
import { type Judged, parseAnswer } from './answer.ts';
import { type Facts, type Memory, parseFacts, unseen } from './facts.ts';
import { sha256 } from './item.ts';
import { type Header, itemLine, type Manifest, text } from './manifest.ts';
import { preview, type Texts } from './preview.ts';
import { refuseForeign, refuseGreeting, refuseOwn } from './refuse.ts';
import { type Row, sentence } from './rows.ts';
import { factsScript, helper, helperPath, lookScript } from './script.ts';
import { withRuns } from './sent.ts';
import { refuseShutOut } from './shut-out.ts';
import { type Succession, succession } from './succession.ts';

/** What a host's manifests are, given its facts. */
export type Render = (facts: Facts) => Manifest[] | Promise<Manifest[]>;

/** A manifest, and what the host said of it. */
export type Seen = {
  readonly manifest: Manifest;
  /** It must be applied. */
  readonly due: boolean;
  /** Why it was applied last, or is applied now. */
  readonly header: Header;
  readonly rows: readonly Row[];
  /** The same in words, with the lines of text files that differ. */
  readonly lines: readonly string[];
  /** It was applied by a run that ended before it was confirmed, and goes back unless it is now. */
  readonly isUnconfirmed?: boolean;
};

/** A manifest that the host has applied, and that nothing names any more. */
export type Gone = {
  readonly name: string;
  readonly due: true;
  readonly rows: readonly Row[];
  readonly lines: readonly string[];
};

export type Look = {
  readonly facts: Facts;
  readonly memory: Memory;
  /** The helper, looked at as a manifest of one file. */
  readonly helper: Seen;
  readonly seen: readonly Seen[];
  readonly gone: readonly Gone[];
  /** What fails of an app is told by the last command, so that the others get theirs. */
  readonly isLate: boolean;
};

/** Names a run: its time in UTC, and a few random digits since two clocks may agree. */
export const newRun = (now = new Date()): string =>
  `${now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')}-${randomBytes(2).toString('hex')}`;

/** `name`: the owner's name on the host. `takeOver`: what is somebody's own there may be replaced. */
export type Looked = { readonly name: string; readonly takeOver?: boolean };

/**
 * Looks at one host and at each of its manifests.
 * @param boot seconds that the boot of one may take that the program made.
 * @throws when it is not supported, when something there is somebody else's, or when it does not answer in full.
 */
export async function look(
  session: Pick<Session, 'script'> & Partial<Pick<Session, 'greeting' | 'reached'>>,
  host: Looked,
  render: Render,
  run: string,
  boot?: number,
): Promise<Look> {
  const { facts, memory } = parseFacts(await session.script(factsScript(boot)));
  const manifests = [helperManifest(), ...withRuns(await render(facts), memory, run)];
  const takeover = host.takeOver ? ['takeover'] : [];
  const lines = [`server\t${host.name}`, ...takeover, ...questions(manifests, memory)];
  const answer = parseAnswer(await session.script(lookScript(lines)));
  refuseForeign(answer.manifests);
  refuseShutOut(session.reached?.(), manifests);
  refuseGreeting((await session.greeting?.()) ?? '', manifests, memory);
  const judged = new Map(answer.manifests.map((it) => [it.name, it]));
  const gone = answer.manifests
    .filter(({ verdict }) => verdict === 'gone')
    .map(({ name, rows }) => ({ name, due: true as const, rows, lines: rows.map(sentence) }));
  const isDue = (name: string) =>
    judged.get(name)?.verdict === 'due' || !memory.manifests.has(name);
  const related = succession(manifests, answer.manifests, isDue);
  const given: Given = { memory, texts: answer.texts, run, related, isDue, takeover };
  const [own, ...seen] = related.manifests.map((manifest) =>
    see(manifest, judged.get(manifest.name), given),
  );
  refuseOwn(seen, answer.texts);
  return { facts, memory, helper: own as Seen, seen, gone, isLate: related.isLate };
}

/** What the script is asked: of each manifest the hash of the text that would mean that it is applied, and its items. */
export const questions = (manifests: readonly Manifest[], memory: Memory): string[] =>
  manifests.flatMap((manifest) => {
    const header = memory.manifests.get(manifest.name);
    const hash = header ? sha256(text(manifest, header)) : 'none';
    return [`manifest\t${manifest.name}\t${hash}`, ...manifest.items.map(itemLine)];
  });

type Given = {
  memory: Memory;
  texts: ReadonlyMap<string, Texts>;
  run: string;
  takeover: readonly string[];
  related: Succession;
  isDue: (name: string) => boolean;
};

function see(manifest: Manifest, judged: Judged | undefined, given: Given): Seen {
  const { memory, texts, run, related } = given;
  if (!judged) throw new Error(`nothing could be found out about the manifest ${manifest.name}`);
  const known = memory.manifests.get(manifest.name);
  const due = given.isDue(manifest.name);
  const { rows } = judged;
  const drift = rows.filter(({ origin }) => origin === 'drift').map(sentence);
  const orders = related.orders.get(manifest.name) ?? [];
  return {
    ...{ manifest, due, rows },
    ...(!due && known?.run === memory.unconfirmed?.get(manifest.name) && { isUnconfirmed: true }),
    header:
      due || !known
        ? {
            run,
            lines: [
              ...drift,
              ...allowed(rows, given),
              ...strangers(rows),
              ...(judged.moves ?? []),
              ...orders,
            ],
          }
        : known,
    lines: [
      ...preview(manifest, rows, texts, known !== undefined),
      ...((due && related.notes.get(manifest.name)) || []),
    ],
  };
}

/** Where it may replace what is there, the host is told so with what was found. */
const allowed = (rows: readonly Row[], { takeover }: Given): readonly string[] =>
  rows.some(({ origin }) => origin === 'found') ? takeover : [];

/** Only the look knows all manifests, and so what none of them names. */
const strangers = (rows: readonly Row[]): readonly string[] =>
  rows.filter(({ key }) => key === 'extra').map(({ name, from }) => `stranger\t${name}\t${from}`);

/** The helper as a manifest of one file, which its installation notes on the host. */
function helperManifest(): Manifest {
  const ownership = { owner: 'root', group: 'root', mode: '0755' };
  const state = { ...ownership, sha256: sha256(helper()) };
  return { name: 'helper', after: [], items: [{ kind: 'file', name: helperPath, state }] };
}

/** What an earlier `up` said of a host, kept in its state. */
export type Remembered = {
  /** How it was reached, as far as that is the same for all who reach it. */
  readonly reached?: string;
  readonly facts: Facts;
  readonly headers: Readonly<Record<string, Header>>;
  readonly blobs: Readonly<Record<string, string>>;
};

/**
 * Plans without looking, from what the last `up` saw: shows the program's changes alone.
 * @param known facts of a host that nobody has seen yet.
 */
export async function assume(
  render: Render,
  last: Remembered | undefined,
  run: string,
  known: Partial<Facts> = {},
): Promise<Look> {
  const facts = last?.facts ?? { ...unseen.facts, ...known };
  const memory: Memory = {
    manifests: new Map(Object.entries(last?.headers ?? {})),
    blobs: new Map(Object.entries(last?.blobs ?? {})),
  };
  const [own, ...seen] = [helperManifest(), ...withRuns(await render(facts), memory, run)].map(
    (manifest): Seen => {
      const header = memory.manifests.get(manifest.name) ?? { run, lines: [] };
      return { manifest, due: false, header, rows: [], lines: [] };
    },
  );
  return { facts, memory, helper: own as Seen, seen, gone: [], isLate: false };
}
