/** Text as somebody hostile, unlucky or only elsewhere may give it. */
import { integer, pick, type Random } from '../harness/random.ts';
import { spoil } from '../unit/hostile.ts';

const ranges: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0x20, 0x7e],
  [0x00, 0x1f],
  [0x7f, 0xa0],
  [0xa1, 0x2ff],
  [0x600, 0x61f],
  [0x2000, 0x206f],
  [0xd800, 0xdfff],
  [0xfdd0, 0xfdef],
  [0xfe00, 0xfeff],
  [0xfff0, 0xffff],
  [0x1f600, 0x1f64f],
  [0x1fff0, 0x1ffff],
  [0xe0000, 0xe00ff],
];

/** What means something to one of the languages on the way, whole. */
const words = [
  ...[
    '\n',
    '\r\n',
    '\t',
    '\0',
    '\u2028',
    '\u2029',
    '\u0085',
    '\ufeff',
    '\ufffd',
    '\uffff',
    '\ud800',
  ],
  ...[
    '|',
    '\n|',
    '\nend\n',
    'END-OF-ITEMS',
    '\n\n',
    '\\',
    '\\\n',
    '"',
    "'",
    '`',
    '$',
    '$x',
    '%i',
    '#',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'true',
    '1e3',
    '0755',
    '~',
    '{{x}}',
    '*',
    '..',
  ],
  ...[
    '\x1b[2J',
    '\x1b]8;;http://x\x07',
    '\u202e',
    'keelson: done',
    '@secret=yes',
    '=',
    ',',
    ' ',
    '  ',
  ],
];

/** What no value may hold; most texts do without, so that they come further. */
const isOdd = (text: string): boolean =>
  /(?![\n\t])\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}|\ufffd/u.test(text);

function character(random: Random, odd: boolean): string {
  for (;;) {
    const one =
      random() < 0.4
        ? pick(random, words)
        : String.fromCodePoint(integer(random, ...pick(random, ranges)));
    if (odd || !isOdd(one)) return one;
  }
}

/** Any text, now and then a long one. */
export function anyText(random: Random): string {
  const odd = random() < 0.3;
  const length = random() < 0.03 ? integer(random, 1000, 40000) : integer(random, 0, 12);
  return Array.from({ length }, () => character(random, odd)).join('');
}

/** A good value, as it is or with something put in; or any text. */
export const nearly = (random: Random, good: string): string => {
  const kind = random();
  if (kind < 0.6) return good;
  return kind < 0.85 ? spoil(good, random) : anyText(random);
};
