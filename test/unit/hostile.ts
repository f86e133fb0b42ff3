/** Hostile text: what must not get into a shell line or into any file that a template renders. */

/** Characters that end, open or expand something in one of the languages we write. */
export const metacharacters = [
  ...' \t\n\r\0\v\f\u0085\u2028\u00a0',
  ...`'"\`$;{}()<>|&\\#%*!^?`,
  ...'\x1b\x7f\u202e',
];

const phrases = [
  '$(id)',
  '`id`',
  '; id',
  "' id '",
  '%i',
  '%%',
  '\nExecStartPre=/bin/sh',
  '} server {',
  '../',
  '/../..',
  '\\x0a',
  '{{name}}',
  'ALL=(ALL) NOPASSWD: ALL\n',
];

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A good value with something hostile put in somewhere. */
export function spoil(good: string, next: () => number): string {
  const pool = next() < 0.7 ? metacharacters : phrases;
  const part = pool[Math.floor(next() * pool.length)] ?? '';
  const at = Math.floor(next() * (good.length + 1));
  return good.slice(0, at) + part + good.slice(at);
}
