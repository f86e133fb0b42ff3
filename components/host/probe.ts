/** The probe: one read-only look at all items of a host. */
import type { Session } from '../ssh/connection.ts';
import type { Sight } from './drift.ts';
import type { Memory } from './facts.ts';
import type { Item } from './item.ts';
import { isApplied, itemLine, key, type Manifest, parse, parseLine } from './manifest.ts';
import { probeScript } from './script.ts';

/** Looks at every item of these manifests. */
export async function probe(
  session: Session,
  manifests: readonly Manifest[],
  memory: Memory,
): Promise<Sight> {
  const seen = parseProbe(await session.script(probeScript(questions(manifests, memory))));
  const items = manifests.flatMap((manifest) => manifest.items);
  const unseen = items.find((item) => !seen.observed.has(key(item)));
  // Silence must never pass for absence: a tool of the probe's may have failed.
  if (unseen) throw new Error(`nothing could be found out about ${key(unseen)}`);
  return { ...seen, remembered: memory.manifests };
}

/** What the script is asked: each manifest, whether what was applied last is of interest, and its items. */
export const questions = (manifests: readonly Manifest[], memory: Memory): string[] =>
  manifests.flatMap((manifest) => [
    `manifest\t${manifest.name}\t${isApplied(manifest, memory.manifests.get(manifest.name)) ? 'applied' : 'changed'}`,
    ...manifest.items.map(itemLine),
  ]);

/** Reads what `files/host/probe.sh` printed. */
export function parseProbe(output: string): Omit<Sight, 'remembered'> {
  const observed = new Map<string, Record<string, string>>();
  const texts = new Map<string, string>();
  const memories = new Map<string, string>();
  const begun = new Map<string, string>();
  let append = (_line: string): void => {};
  for (const line of output.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('|')) {
      append(line.slice(1));
      continue;
    }
    const seen = parseLine(line);
    if (seen.kind === 'text') append = collect(texts, seen.name);
    else if (seen.kind === 'memory') append = collect(memories, seen.name);
    else if (seen.kind === 'unfinished') append = collect(begun, seen.name);
    else observed.set(key(seen), seen.state);
  }
  return { observed, texts, applied: items(memories), unfinished: items(begun) };
}

const items = (manifests: ReadonlyMap<string, string>): ReadonlyMap<string, readonly Item[]> =>
  new Map([...manifests].map(([name, stored]) => [name, parse(stored).items]));

function collect(into: Map<string, string>, name: string): (line: string) => void {
  into.set(name, '');
  return (line) => into.set(name, `${into.get(name)}${line}\n`);
}
