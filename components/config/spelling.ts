/** Spelling: what a person may have meant. */

/** What to say of a key that no schema knows. */
export const unknownKey = (key: string, known: readonly string[]): string =>
  unknown(key, 'a setting', known);

/**
 * What to say of a word that is none of those that are known.
 * @example unknown('inti', 'a command', ['init']) // is not a command; did you mean init?
 */
export function unknown(word: string, what: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(1, name.length / 3))
    .sort((a, b) => a.far - b.far)[0];
  if (near) return `is not ${what}; did you mean ${near.name}?`;
  return `is not ${what}; choose among ${known.join(', ')}`;
}

/** How many letters must be changed, added or left out to make `b` of `a` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + (letter === b[j] ? 0 : 1),
          (row[j + 1] ?? 0) + 1,
          (next[j] ?? 0) + 1,
        ),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
