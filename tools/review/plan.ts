/** A preview as a reviewer reads it: by server, drift apart from changes. */
import { nameOf, type Preview, type Step, typeOf } from './preview.ts';

/** A row of a preview, such as `~ file /etc/x content (change)`, with the lines of its file that differ. */
export type Row = { readonly text: string; readonly lines: readonly string[] };

export type Part = {
  /** The server; undefined for what belongs to none. */
  readonly server: string | undefined;
  readonly drift: Row[];
  readonly changes: Row[];
  /** What the preview says beside its rows. */
  readonly notes: string[];
};

export type Plan = { readonly parts: readonly Part[]; readonly errors: readonly string[] };

const hostType = 'keelson:index:Host';

/** Operations that Pulumi plans beside the `replace` of a resource, and those that change nothing. */
const untold = ['same', 'create-replacement', 'delete-replaced', 'discard-replaced'];

const signs: Readonly<Record<string, string>> = { create: '+', delete: '-', replace: '±' };

/**
 * Sorts what a preview says by the servers that it says it of.
 * @example planOf(readPreview('production.json')).parts[0]?.drift
 */
export function planOf(preview: Preview): Plan {
  const parts = new Map<string | undefined, Part>();
  const serverOf = servers(preview);
  const partOf = (urn: string | undefined): Part => {
    const server = urn === undefined ? undefined : serverOf(urn);
    const part = parts.get(server) ?? { server, drift: [], changes: [], notes: [] };
    parts.set(server, part);
    return part;
  };
  const told = new Set<string>();
  const errors: string[] = [];
  for (const { urn, message, severity } of preview.diagnostics) {
    const text = message.trimEnd();
    if (severity === 'error') errors.push(text);
    else if (sort(text, partOf(urn)) && urn !== undefined) told.add(urn);
  }
  for (const step of preview.steps)
    if (isTold(step) && !told.has(step.urn))
      partOf(step.urn).changes.push({ text: sentence(step), lines: [] });
  const all = [...parts.values()].filter(isSaid);
  return { parts: all.sort(byName), errors };
}

const isSaid = ({ drift, changes, notes }: Part): boolean =>
  drift.length + changes.length + notes.length > 0;

/** What belongs to no server comes last. */
const byName = (a: Part, b: Part): number =>
  (a.server ?? '\uffff').localeCompare(b.server ?? '\uffff', 'en', { numeric: true });

/** Puts the rows of a message where they belong; says whether it had any. */
function sort(text: string, part: Part): boolean {
  let open: string[] | undefined;
  for (const line of text.split('\n')) {
    if (/^[!~+×-] /.test(line)) {
      open = [];
      (line.startsWith('!') ? part.drift : part.changes).push({ text: line, lines: open });
    } else if (open && line.startsWith('    ')) open.push(line.slice(4));
    else part.notes.push(line);
  }
  return open !== undefined;
}

/** Components and providers are no work of their own. */
const isTold = ({ op, newState, oldState, urn }: Step): boolean =>
  !untold.includes(op) &&
  (newState ?? oldState)?.custom === true &&
  !typeOf(urn).startsWith('pulumi:');

function sentence({ op, urn, replaceReasons, diffReasons }: Step): string {
  const type = typeOf(urn);
  const why = (op === 'replace' ? replaceReasons : diffReasons) ?? [];
  const said = [op, ...(why.length > 0 ? [`: ${why.join(', ')}`] : [])].join('');
  return `${signs[op] ?? '~'} ${type.startsWith('command:') ? '' : `${type} `}${nameOf(urn)} (${said})`;
}

/** Finds the server of a resource: its commands end in its name, and their names begin with it. */
function servers({ steps, diagnostics }: Preview): (urn: string) => string | undefined {
  const urns = [
    ...steps.flatMap(({ urn, newState, oldState }) => [urn, (newState ?? oldState)?.parent ?? '']),
    ...diagnostics.map(({ urn }) => urn ?? ''),
  ];
  const owners = new Map(
    steps.flatMap(({ urn, newState, oldState }) => {
      const line = (newState ?? oldState)?.inputs.create;
      const isOurs = typeOf(urn) === 'command:remote:Command' && urn.includes(hostType);
      return isOurs && typeof line === 'string' ? [[urn, line.split(' ').at(-1) ?? '']] : [];
    }),
  );
  const hosts = urns.filter((urn) => typeOf(urn) === hostType).map(nameOf);
  const known = [...new Set([...hosts, ...owners.values()])].sort((a, b) => b.length - a.length);
  return (urn) =>
    owners.get(urn) ??
    (urn.includes(hostType)
      ? known.find((name) => nameOf(urn) === name || nameOf(urn).startsWith(`${name}-`))
      : undefined);
}
