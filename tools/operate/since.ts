/** A point in time as people say it, as journalctl reads it. */

const seconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/**
 * @param now milliseconds since 1970.
 * @throws where it is neither a time ago nor a time of day or date of this machine's clock.
 * @example sinceOf('1h') // '-3600s'
 * @example sinceOf('2026-11-28 20:41') // '@1795898460'
 */
export function sinceOf(given: string): string {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(given) ?? [];
  // Its own clock counts back from its own now.
  if (amount !== undefined) return `-${Number(amount) * seconds[unit as keyof typeof seconds]}s`;
  const at = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?$/.test(given)
    ? Date.parse(given.length === 10 ? `${given}T00:00` : given.replace(' ', 'T'))
    : Number.NaN;
  if (Number.isNaN(at))
    throw new Error(
      `--since: "${given}" is no time; write such as 15m, 1h, 2d, or "2026-11-28 20:41"`,
    );
  return `@${at / 1000}`;
}
