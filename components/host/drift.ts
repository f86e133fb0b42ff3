/**
 * Drift and change: what the probe saw, held against what was applied last and
 * against what the program wants now.
 *
 * *Drift* is a difference between the host and what was applied last; *change*
 * one between what was applied last and what is wanted.
 */
import { createPatch } from 'diff';
import type { Memory } from './facts.ts';
import type { Item, State } from './item.ts';
import { file } from './kinds.ts';
import { type Applied, type Header, isApplied, key, type Manifest } from './manifest.ts';
import { helper, helperPath } from './script.ts';

/** One line of the preview: `! file /etc/shop/env mode 0666 → 0640 (drift)`. */
export type Finding = {
  readonly sort: 'drift' | 'change' | 'new' | 'gone';
  readonly text: string;
  /** The lines of a text file that differ; never of a secret one. */
  readonly lines?: readonly string[];
};

export type Verdict = {
  /** The manifest must be applied. */
  readonly due: boolean;
  readonly header: Header;
  readonly findings: readonly Finding[];
};

/** What is known of a host when its manifests are judged. */
export type Sight = {
  readonly observed: ReadonlyMap<string, State>;
  /** Content of text files that differ, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Items of manifests that are wanted otherwise now than they were applied. */
  readonly applied: ReadonlyMap<string, readonly Item[]>;
  /** Items of manifests that a run was applying when it was cut short, or that a failed release put back. */
  readonly unfinished: ReadonlyMap<string, readonly Item[]>;
  /** What the host says of each manifest that was applied. */
  readonly remembered: ReadonlyMap<string, Applied>;
};

type Difference = { key: string; from: string; to: string };

/** Every key in which two flat records differ. */
export function differences(actual: State, wanted: State): Difference[] {
  if (actual.state === 'missing' && !('state' in wanted))
    return [{ key: 'state', from: 'missing', to: 'present' }];
  if ('type' in actual) return [{ key: 'type', from: actual.type ?? '', to: '' }];
  const keys = new Set([...Object.keys(wanted), ...Object.keys(actual)]);
  return [...keys]
    .map((key) => ({ key, from: actual[key] ?? '', to: wanted[key] ?? '' }))
    .filter(({ from, to }) => from !== to);
}

/**
 * Judges one manifest: what drifted, what the program changes, and whether it must be applied.
 *
 * While nothing drifted and nothing changes, the header that the host remembers is repeated word
 * for word, so that the command's input stays equal. `run` names this run, for a new header.
 */
export function judge(manifest: Manifest, sight: Sight, run: string): Verdict {
  const memory = sight.remembered.get(manifest.name);
  const changed = !isApplied(manifest, memory);
  const before = changed ? (sight.applied.get(manifest.name) ?? []) : manifest.items;
  const findings = memory
    ? told([
        ...drifted(before, manifest, sight),
        ...(changed ? changes(before, manifest, sight) : []),
      ])
    : firstSight(manifest, sight);
  const due = !memory || changed || findings.length > 0;
  const lines = findings.filter(({ sort }) => sort === 'drift').map(({ text }) => text);
  return { due, header: due ? { run, lines } : memory.header, findings };
}

/** Judges the helper itself, which no manifest holds: whether it is there, ours, and as it was left. */
export function judgeHelper({ memory, run }: { memory: Memory; run: string }): Verdict {
  const { kind, name, state } = file(helperPath, helper(), { mode: '0755' });
  const remembered = memory.manifests.get('helper');
  if (remembered && memory.helper === state.sha256)
    return { due: false, header: remembered.header, findings: [] };
  const noted = { name: 'helper', after: [], items: [{ kind, name, state }] };
  const left = isApplied(noted, remembered);
  const text = !remembered
    ? `+ file ${helperPath}`
    : left
      ? `! file ${helperPath} is not as it was left (drift)`
      : `~ file ${helperPath} content (change)`;
  const sort = !remembered ? 'new' : left ? 'drift' : 'change';
  return { due: true, header: { run, lines: left ? [text] : [] }, findings: [{ sort, text }] };
}

const observe = (sight: Sight, item: Item): State => sight.observed.get(key(item)) ?? {};

/** Each line once: of what a run left half done, the rest may be a change of the program's too. */
const told = (findings: readonly Finding[]): Finding[] => [
  ...new Map(findings.map((finding) => [finding.text, finding])).values(),
];

/** Differences between the host and what was applied last, of the things that are still wanted. */
function drifted(before: readonly Item[], manifest: Manifest, sight: Sight): Finding[] {
  const wanted = new Map(manifest.items.map((item) => [key(item), item]));
  const begun = new Map(sight.unfinished.get(manifest.name)?.map((item) => [key(item), item]));
  const found = before.flatMap((item) => {
    const goal = wanted.get(key(item));
    const list = goal ? driftOf(item, goal, observe(sight, item)) : [];
    return list.length > 0 ? [{ item, list }] : [];
  });
  return withoutEchoes(found, files(before) !== files(manifest.items)).flatMap(({ item, list }) =>
    list.map((difference) =>
      isAsApplied(difference, item, wanted.get(key(item))) ||
      isHalfDone(difference, begun.get(key(item)))
        ? { sort: 'change' as const, text: `~ ${label(item)} ${words(difference, item)} (change)` }
        : {
            sort: 'drift' as const,
            text: `! ${label(item)} ${words(difference, item)} (drift)`,
            ...patch(difference, sight.texts.get(item.name), item),
          },
    ),
  );
}

/** Not what is as it is wanted by now, nor what nobody asked for when it was applied last. */
function driftOf(applied: Item, wanted: Item, observed: State): Difference[] {
  const open = new Set(differences(observed, wanted.state).map(({ key }) => key));
  const isNew = (key: string) => key in wanted.state && !(key in applied.state);
  return differences(observed, applied.state).filter(
    (difference) =>
      open.has(difference.key) &&
      (difference.key === 'state' || !isNew(difference.key)) &&
      isStray(difference, applied, wanted),
  );
}

/** Whether the kit itself left it so, or wrote what a service was not told any more. */
const isHalfDone = ({ key, from }: Difference, begun?: Item): boolean =>
  begun !== undefined && (key === 'config' || (from !== '' && begun.state[key] === from));

/** Instances that are new, or about to go, did not drift. */
function isStray({ from }: Difference, applied: Item, wanted: Item): boolean {
  if (applied.kind !== 'instances') return true;
  const known = `${applied.state.running ?? applied.state.ports},${wanted.state.running}`.split(
    ',',
  );
  return from.split(',').some((port) => !known.includes(port));
}

/** The probe holds instances against what is wanted now: one that runs what was applied last did not drift. */
function isAsApplied({ key, from }: Difference, applied: Item, wanted?: Item): boolean {
  if (applied.kind !== 'rollout' || !/^\d+$/.test(key) || !wanted) return false;
  const isNew = (name: string) => applied.instructions?.[name] !== wanted.instructions?.[name];
  const release = applied.state.current ?? '';
  return (
    (from === `release ${release.slice(0, 8)}` && release !== wanted.state.current) ||
    (from === 'older unit' && isNew('@unit')) ||
    (from === 'older environment' && isNew('@environment')) ||
    (from === 'older unit and environment' && isNew('@unit') && isNew('@environment'))
  );
}

type Found = { item: Item; list: Difference[] };

const isFile = ({ kind }: Item): boolean => ['file', 'link', 'absent'].includes(kind);
const files = (items: readonly Item[]): string => items.filter(isFile).map(key).join('\n');

/**
 * What only follows from another difference is told once: a file that was touched makes its service's
 * config stale, a unit's file makes systemd ask for a reload, a Monit that is down or cannot read its
 * configuration tells nothing.
 * `tell_differences` in files/host/apply.sh has the same rules.
 */
function withoutEchoes(found: Found[], othersWanted: boolean): Found[] {
  const filesDiffer = othersWanted || found.some(({ item }) => isFile(item));
  const ownFileDiffers = ({ name }: Item) =>
    found.some(({ item }) => item.name.startsWith(`/etc/systemd/system/${name}`));
  // Its command line reads the configuration too, and so is silent when that is broken.
  const monitDiffers = found.some(
    ({ item }) => item.name === 'monit.service' || isFile(item) || item.kind === 'directory',
  );
  return found
    .map(({ item, list }) => ({
      item,
      list: list
        .filter(
          (difference) => !(filesDiffer && item.kind === 'unit' && difference.key === 'config'),
        )
        .filter(({ key }) => !(key === 'reload' && ownFileDiffers(item)))
        .filter(({ from }) => !(item.kind === 'monitor' && from === 'unknown' && monitDiffers))
        .filter(({ from }) => !(item.kind === 'monitor' && from === 'not loaded' && filesDiffer)),
    }))
    .filter(({ list }) => list.length > 0);
}

/** Differences between what was applied last and what is wanted now. */
function changes(before: readonly Item[], manifest: Manifest, sight: Sight): Finding[] {
  const old = new Map(before.map((item) => [key(item), item]));
  const wanted = new Set(manifest.items.map(key));
  const gone = before
    .filter((item) => !wanted.has(key(item)) && !staysBehind(item))
    .map((item) => ({ sort: 'gone' as const, text: `- ${label(item)}` }));
  return [...manifest.items.flatMap((item) => changesOf(item, old.get(key(item)), sight)), ...gone];
}

/**
 * A release that is replaced is kept, to go back to; rollouts remove the oldest.
 * A package goes with the server alone, for processes may still run on it.
 */
const staysBehind = ({ kind, instructions }: Item): boolean =>
  kind === 'blob' ||
  kind === 'package' ||
  (kind === 'tree' && instructions?.['@remove'] === 'keep');

function changesOf(item: Item, old: Item | undefined, sight: Sight): Finding[] {
  if (!old) {
    const asWanted = differences(observe(sight, item), item.state).length === 0;
    return [{ sort: 'new', text: `+ ${label(item)}${asWanted ? ' (there already)' : ''}` }];
  }
  const change = (difference: Difference) => ({
    sort: 'change' as const,
    text: `~ ${label(item)} ${words(difference, item)} (change)`,
  });
  return [
    ...differences(old.state, item.state).map((difference) => ({
      ...change(difference),
      ...patch(difference, old.content, item),
    })),
    ...differences(old.instructions ?? {}, item.instructions ?? {})
      .filter(({ key }) => !untold.has(key))
      .map((difference) => change({ ...difference, key: difference.key.slice(1) })),
  ];
}

/** Instructions that say nothing to a reader, or more of a secret than they may. */
const untold = new Set(['@run', '@blob', '@unit', '@environment']);

/** A manifest that the host has no record of: one line, since all of it is new. */
function firstSight(manifest: Manifest, sight: Sight): Finding[] {
  const missing = manifest.items.filter(
    (item) => differences(observe(sight, item), item.state).length > 0,
  );
  const there = manifest.items.length - missing.length;
  const text = `+ ${manifest.name}: ${manifest.items.length} item${manifest.items.length === 1 ? '' : 's'}${there ? `, ${there} of them as wanted already` : ''}`;
  return [{ sort: 'new', text }];
}

const label = (item: Item): string =>
  item.kind === 'blob' ? `blob ${item.name.slice(0, 12)}` : `${item.kind} ${item.name}`;

/** A release by as many digits as are enough for `release:` in a stack file. */
const short = (text: string): string => text.replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1');

function words({ key, from, to }: Difference, item: Item): string {
  if (key === 'type') return `${from}, not ${item.kind}`;
  if (key === 'sha256') return 'content';
  if (key === 'state') return `${from || 'unset'} → ${to || 'unset'}`;
  return `${key} ${short(from) || 'none'} → ${short(to) || 'none'}`;
}

/** The lines that differ, without the heading that every patch has. */
function patch(difference: Difference, from: string | undefined, item: Item): { lines?: string[] } {
  const secret = item.instructions?.['@secret'] !== undefined;
  if (difference.key !== 'sha256' || secret || from === undefined || item.content === undefined)
    return {};
  const all = createPatch(item.name, from, item.content, '', '', { context: 0 }).split('\n');
  return {
    lines: all
      .slice(4)
      .filter((line) => /^[-+]/.test(line))
      .slice(0, 40),
  };
}
