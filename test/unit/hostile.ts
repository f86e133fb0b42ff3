/** Hostile text: what must not get into a shell line or into any file that a template renders. */
export { seeded as random } from '../harness/random.ts';

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

/** A good value with something hostile put in somewhere. */
export function spoil(good: string, next: () => number): string {
  const pool = next() < 0.7 ? metacharacters : phrases;
  const part = pool[Math.floor(next() * pool.length)] ?? '';
  const at = Math.floor(next() * (good.length + 1));
  return good.slice(0, at) + part + good.slice(at);
}
