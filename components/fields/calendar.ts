/** Times of a calendar, as systemd has them (systemd.time(7), CALENDAR EVENTS). */
import { z } from 'zod';

const shorthands =
  /^(?:minutely|hourly|daily|weekly|monthly|quarterly|semiannually|annually|yearly)$/i;
const weekday =
  /^(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)$/i;
const zone = /^(?:UTC|[A-Za-z]+(?:\/[A-Za-z0-9_+-]+)+)$/;
const cron = /^(?:@\w+|(?:[0-9*/,-]+ +){4}[0-9*/,A-Za-z-]+)$/;

/** `*`, `5`, `1..5`, `0/15`, or several of them with commas between; each number in its bounds. */
function fits(text: string, min: number, max: number): boolean {
  return text.split(',').every((part) => {
    const [, range = '', step] = /^([^/]+)(?:\/([0-9]{1,4}))?$/.exec(part) ?? [];
    if (step !== undefined && Number(step) === 0) return false;
    if (range === '*') return true;
    const ends = range.split('..');
    const numbers = ends.map((end) => (/^[0-9]{1,4}$/.test(end) ? Number(end) : Number.NaN));
    const [first = Number.NaN, last = first] = numbers;
    return ends.length <= 2 && first >= min && first <= last && last <= max;
  });
}

const isWeekdays = (text: string): boolean =>
  text.split(',').every((part) => {
    const ends = part.split('..');
    return ends.length <= 2 && ends.every((end) => weekday.test(end));
  });

/** `*-*-*`, `12-24`, `*-*~1`: the last day of a month. */
function isDate(text: string): boolean {
  const [, year, month = '', day = ''] = /^(?:([^-~]+)-)?([^-~]+)[-~]([^-~]+)$/.exec(text) ?? [];
  return (year === undefined || fits(year, 1970, 2200)) && fits(month, 1, 12) && fits(day, 1, 31);
}

function isTime(text: string): boolean {
  const parts = text.split(':');
  const [hour = '', minute = '', second = '0'] = parts;
  return parts.length <= 3 && fits(hour, 0, 23) && fits(minute, 0, 59) && fits(second, 0, 59);
}

/** Whether systemd takes it for a time of the calendar, as far as can be told without asking it. */
export function isCalendar(text: string): boolean {
  const words = text.split(' ');
  if (zone.test(words.at(-1) ?? '') && !shorthands.test(text) && !isWeekdays(text)) words.pop();
  if (words.length === 1 && shorthands.test(words[0] ?? '')) return true;
  const rest = [...words];
  if (isWeekdays(rest[0] ?? '')) rest.shift();
  if (isDate(rest[0] ?? '')) rest.shift();
  if (isTime(rest[0] ?? '')) rest.shift();
  return rest.length === 0 && words.length > 0;
}

/**
 * A time of the calendar, such as `03:30`, `Mon..Fri 08:00`, `*:0/15` or `daily`; stays as written.
 * The host's own systemd has the last word, before anything is changed.
 */
export const calendar = z
  .string()
  .refine((given) => !cron.test(given), {
    error:
      'is cron’s; write it as systemd does, such as 03:30 for 30 3 * * *, *:0/15 for */15 * * * *, or Mon 08:00',
  })
  .refine((given) => cron.test(given) || isCalendar(given), {
    error:
      'is no time of the calendar; write one such as 03:30, Mon..Fri 08:00, *-*-01 04:00, *:0/15 or daily, in quotes (systemd-analyze calendar tells what it means)',
  })
  .describe('Time of the calendar, as systemd has it: 03:30, Mon..Fri 08:00, *:0/15, daily');
