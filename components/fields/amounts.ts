/** Amounts: numbers, times, sizes, shares. */
import { z } from 'zod';
import { matching } from './matching.ts';

/** A whole number within bounds; the message names both. */
export const integer = (min: number, max: number) =>
  z
    .int()
    .min(min, `is below ${min}; choose ${min} to ${max}`)
    .max(max, `is above ${max}; choose ${min} to ${max}`);

const secondsPer: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

/** Not a number for what is no duration: a comparison with it complains about nothing. */
function seconds(given: string): number {
  const [, count, unit = ''] = /^([0-9]+)([smhd])$/.exec(given) ?? [];
  return Number(count) * (secondsPer[unit] ?? Number.NaN);
}

/**
 * A span of time within bounds, given as in `30s`, `5m`, `12h`, `1d`; becomes seconds.
 *
 * @example duration('1s', '10m').prefault('30s')
 */
export const duration = (min = '0s', max = '365d') =>
  matching(/^(?:0|[1-9][0-9]{0,5})[smhd]$/, 'is not a duration; write 30s, 5m, 12h or 1d')
    .refine((given) => !(seconds(given) < seconds(min)), {
      error: `is shorter than ${min}; choose ${min} to ${max}`,
    })
    .refine((given) => !(seconds(given) > seconds(max)), {
      error: `is longer than ${max}; choose ${min} to ${max}`,
    })
    .transform(seconds)
    .describe('Span of time, such as 30s, 5m, 12h or 1d');

/**
 * An amount of memory or disk in MiB or GiB: stays as written, since systemd, nginx,
 * logrotate and journald all read `512M` and `1G` in the same way.
 */
export const size = matching(
  /^[1-9][0-9]{0,5}[MG]$/,
  'is not a size; write whole megabytes or gigabytes, such as 512M or 1G',
).describe('Size, such as 512M or 1G');

/** A size in MiB. */
export const mebibytes = (given: string): number =>
  Number(given.slice(0, -1)) * (given.endsWith('G') ? 1024 : 1);

/** A share of a whole; stays as written. */
export const percentage = matching(
  /^(?:[1-9][0-9]?|100)%$/,
  'is not a percentage; write 1% to 100%',
).describe('Share, such as 25%');

/** A share of one core, which threads may exceed; stays as written. */
export const cores = matching(
  /^[1-9][0-9]{0,4}%$/,
  'is not a share of a core; write 90%, or 150% for one and a half',
).describe('Share of one core, such as 90%');

/** A short time, given as in `200ms` or `2s`; becomes milliseconds. */
export const milliseconds = matching(
  /^[1-9][0-9]{0,5}(?:ms|s)$/,
  'is not a time; write 200ms or 2s',
)
  .transform((given) => Number.parseInt(given, 10) * (given.endsWith('ms') ? 1 : 1000))
  .describe('Short time, such as 200ms or 2s');
