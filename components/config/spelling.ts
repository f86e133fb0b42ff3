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
    .sort((a, b) => a.far - b.far)[0]?.name;
  const meant = near ?? longer(word, known);
  if (meant !== undefined) return `is not ${what}; did you mean ${meant}?`;
  return `is not ${what}; choose among ${known.join(', ')}`;
}

/** The one word that it is the beginning of, as `cert` is. */
function longer(word: string, known: readonly string[]): string | undefined {
  const [one, ...others] = known.filter((name) => word.length > 2 && name.startsWith(word));
  return others.length === 0 ? one : undefined;
}

/**
 * How many letters must be changed, added, left out, or swapped with their neighbour to make `b` of `a` (optimal string
 * alignment).
 */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const changed = at(i - 1, j - 1) + (isSame ? 0 : 1);
      const swapped = isSwapped ? at(i - 2, j - 2) + 1 : changed;
      rows[i]?.push(Math.min(changed, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1));
    }
  }
  return at(a.length, b.length);
}
