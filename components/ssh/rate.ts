/**
 * How many new connections the packet filter of a host lets through. It is asked before a run that makes several,
 * since what is refused counts as well for the likes of ufw: to try again is to be refused for longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** So many new connections within so many seconds. */
export type Rate = { readonly count: number; readonly seconds: number };

/** What the host is asked, as root: rules that have to do with a rate, its clock, and who came in the last minute. */
export const rateScript = `{ iptables-save; ip6tables-save; nft list ruleset; } 2>/dev/null | grep -E 'hitcount|hashlimit|limit (rate|above)|--limit' || :
echo "now $(date +%s.%N)"
journalctl -q -t sshd -t sshd-session --since=-60s -o short-unix -g '^Accepted ' 2>/dev/null | sed -n 's/^\\([0-9.]*\\) .*/came \\1/p'`;

/** The strictest rate for a port, and how many seconds ago connections came; nothing where none is limited. */
export function parseRate(said: string, port: number): { rate: Rate; ago: number[] } | undefined {
  const lines = said.split('\n');
  const rates = lines.filter((line) => isFor(line, port)).flatMap((line) => rateOf(line) ?? []);
  const [rate] = rates.toSorted((a, b) => a.count / a.seconds - b.count / b.seconds);
  if (!rate) return undefined;
  const [now = 0] = numbers(lines, 'now');
  return { rate, ago: numbers(lines, 'came').map((then) => now - then) };
}

const numbers = (lines: readonly string[], word: string): number[] =>
  lines
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => Number(line.slice(word.length + 1)));

/** Whether a rule is for new connections to a port; iptables' and nftables' words for it. */
function isFor(line: string, port: number): boolean {
  const [, many = ''] = /(?:--dports?|\bdport) (\{[^}]*\}|\S+)/.exec(line) ?? [];
  return many.split(/[{}, ]+/).some((name) => {
    const [from = Number.NaN, to = from] = name.split(/[:-]/).map(Number);
    return (name === 'ssh' && port === 22) || (from <= port && port <= to);
  });
}

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

function rateOf(line: string): Rate | undefined {
  const number = (pattern: RegExp) => Number(pattern.exec(line)?.[1] ?? Number.NaN);
  const hits = number(/--hitcount (\d+)/);
  // The last of so many is refused.
  if (!Number.isNaN(hits)) return { count: hits - 1, seconds: number(/--seconds (\d+)/) || 60 };
  const [, amount, unit = ''] =
    /(?:limit rate (?:over )?|--limit |--hashlimit-(?:above|upto) )(\d+)\/([smhd])/.exec(line) ??
    [];
  if (amount === undefined) return undefined;
  const burst = number(/burst (\d+)/) || 5;
  return { count: burst, seconds: Math.ceil((burst * (units[unit] ?? 60)) / Number(amount)) };
}

/** Lets callers through one after another, never more than the rate in its time. */
export class Pace {
  readonly #rate: Rate;
  #came: number[];
  #last: Promise<void> = Promise.resolve();

  constructor({ rate, ago }: { rate: Rate; ago: readonly number[] }, now = Date.now()) {
    this.#rate = rate;
    this.#came = ago.map((seconds) => now - seconds * 1000);
  }

  /** Milliseconds until one more may come. */
  pause(now = Date.now()): number {
    const { count, seconds } = this.#rate;
    const last = this.#came.toSorted((a, b) => b - a)[Math.max(1, count) - 1];
    // A second more, since the host's clock and filter count in their own ways.
    return last === undefined ? 0 : Math.max(0, last + (seconds + 1) * 1000 - now);
  }

  turn(): Promise<void> {
    this.#last = this.#last.then(async () => {
      await sleep(this.pause());
      this.#came.push(Date.now());
    });
    return this.#last;
  }
}
