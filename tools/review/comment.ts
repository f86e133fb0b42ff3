/** The comment on a pull request: what `pulumi up` would do in each stack, in ten lines, and folded below them. */
import { count, folded, listed, mostLines, word } from './markdown.ts';
import { type Part, type Plan, planOf, type Row } from './plan.ts';
import type { Preview } from './preview.ts';

/** What a stack's policies say. */
export type Judged = {
  readonly findings: readonly string[];
  readonly exceptions: readonly string[];
};

/** A comment begins with it; so the next run finds the one that it is to change. */
export const marker = '<!-- keelson: preview -->';

/** GitHub takes 65,536 characters (https://github.com/orgs/community/discussions/27190); GitLab takes a million. */
const mostCharacters = 65_000;
const mostRows = 10;

/**
 * Words the previews of the stacks that a change touches.
 * @example comment([readPreview('production.json')])
 */
export function comment(
  previews: readonly Preview[],
  judge: (preview: Preview) => Judged = () => ({ findings: [], exceptions: [] }),
): string {
  if (previews.length === 0) return `${marker}\nThis change touches no stack.\n`;
  const plans = previews.map((preview) => ({ preview, plan: planOf(preview), ...judge(preview) }));
  const head = plans.map((told) => [title(told.preview, told.plan), ...summary(told)].join('\n\n'));
  const folds = plans.map(({ plan }) => plan.parts.flatMap(details));
  return fit(head, folds);
}

/** Where all of it is too long, leaves out what is folded, from the end, and then whole stacks. */
function fit(heads: readonly string[], folds: readonly (readonly string[])[]): string {
  const note = '*Cut: too long for a comment. The log of this job has all of it.*';
  let left = mostCharacters - marker.length - note.length;
  const fits = (text: string): boolean => {
    left -= text.length + 2;
    return left >= 0;
  };
  const shown = heads.filter(fits);
  const stacks = shown.map((head, index) => [head, ...(folds[index] ?? []).filter(fits)]);
  const all = heads.length + folds.flat().length;
  const texts = stacks.flat();
  return `${marker}\n${[...texts, ...(texts.length < all ? [note] : [])].join('\n\n')}\n`;
}

function title({ stack, hasPlan }: Preview, { parts, errors }: Plan): string {
  const drift = total(parts, 'drift');
  const changes = total(parts, 'changes');
  const said = [
    ...(!hasPlan || errors.length > 0 ? ['the preview failed'] : []),
    ...(changes > 0 ? [count(changes, 'change')] : []),
    ...(drift > 0 ? [`${drift} drifted`] : []),
  ];
  return `### ${word(stack)}: ${said.join(', ') || 'nothing to do'}`;
}

const total = (parts: readonly Part[], key: 'drift' | 'changes'): number =>
  parts.reduce((sum, part) => sum + part[key].length, 0);

function summary({
  preview,
  plan,
  findings,
  exceptions,
}: { preview: Preview; plan: Plan } & Judged) {
  const { parts, errors } = plan;
  const said = errors.flatMap((it) => it.split('\n'));
  const notes = parts.find(({ server }) => server === undefined)?.notes ?? [];
  return [
    ...(preview.hasPlan ? [] : ['Pulumi made no plan; the log of this job says why.']),
    ...(said.length > 0 ? [listed(said, 20)] : []),
    ...(findings.length > 0 ? [`**Policies** refuse it:\n\n${listed(findings, 20)}`] : []),
    ...digest('Changes, which `pulumi up` makes:', parts, 'changes'),
    ...digest('Drift, which `pulumi up` repairs:', parts, 'drift'),
    ...(notes.length > 0 ? [listed(notes, 5)] : []),
    ...(exceptions.length > 0 ? [`Policies switched off:\n\n${listed(exceptions, 20)}`] : []),
  ];
}

/** Rows that several servers have in common are one line. */
function digest(title: string, parts: readonly Part[], key: 'drift' | 'changes'): string[] {
  const servers = new Map<string, string[]>();
  for (const part of parts)
    for (const { text } of part[key])
      servers.set(text, [...(servers.get(text) ?? []), part.server ?? 'stack']);
  const lines = [...servers].map(
    ([text, names]) => `${text.slice(0, 2)}${some(names)}: ${text.slice(2)}`,
  );
  return lines.length === 0 ? [] : [`${title}\n\n${listed(lines, mostRows, 'diff')}`];
}

const some = (names: readonly string[]): string =>
  names.length > 3
    ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
    : names.join(', ');

/** One server, folded; the notes of the whole stack are above. */
function details({ server, drift, changes, notes: all }: Part): string[] {
  const notes = server === undefined ? [] : all;
  const counts = [
    ...(changes.length > 0 ? [count(changes.length, 'change')] : []),
    ...(drift.length > 0 ? [`${drift.length} drifted`] : []),
    ...(notes.length > 0 ? [count(notes.length, 'note')] : []),
  ];
  const part = (title: string, rows: readonly Row[]) =>
    rows.length > 0
      ? [`**${title}**\n\n${listed(rows.flatMap(withLines), mostLines, 'diff')}`]
      : [];
  const body = [
    ...part('Changes', changes),
    ...part('Drift', drift),
    ...(notes.length > 0 ? [listed(notes, mostLines)] : []),
  ];
  const title = `<b>${word(server ?? 'stack')}</b>: ${counts.join(', ')}`;
  return body.length === 0 ? [] : [folded(title, body.join('\n\n'))];
}

const withLines = ({ text, lines }: Row): string[] => [text, ...lines];
