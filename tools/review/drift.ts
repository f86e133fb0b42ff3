/** The issue of a schedule that looks for drift. */
import { folded, listed, mostLines, word } from './markdown.ts';
import { planOf } from './plan.ts';
import type { Preview } from './preview.ts';

/** The issue begins with it; so the next run finds the one that it is to change, or to close. */
export const driftMarker = '<!-- keelson: drift -->';

export const driftTitle = 'Servers drifted';

/**
 * What differs on the servers from what was applied last; empty where nothing does.
 * @throws nothing: a preview that failed is left to the exit code of Pulumi.
 */
export function driftIssue(previews: readonly Preview[]): string {
  const parts = previews.flatMap((preview) =>
    planOf(preview).parts.flatMap(({ server, drift }) => {
      const lines = drift.flatMap(({ text, lines }) => [text, ...lines]);
      const title = `<b>${word(preview.stack)}</b> ${word(server ?? 'stack')}: ${drift.length} drifted`;
      return drift.length === 0 ? [] : [folded(title, listed(lines, mostLines, 'diff'))];
    }),
  );
  if (parts.length === 0) return '';
  const words =
    'Somebody changed what Keelson manages. `pulumi up` puts it back; what is to stay belongs into the stack file.';
  let left = 60_000;
  const kept = parts.filter((part) => {
    left -= part.length;
    return left > 0;
  });
  const cut = kept.length < parts.length ? ['*Cut: the log of the job has all of it.*'] : [];
  return `${[driftMarker, words, ...kept, ...cut].join('\n\n')}\n`;
}
