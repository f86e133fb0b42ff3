/** Files of one directory, owner and mode are written beside their targets at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const files = [
  'root\troot\t0644\t/etc/b c\tw/1',
  'root\tshop\t0640\t/etc/a\tw/2',
  'root\troot\t0644\t/etc/a\tw/3',
  'root\troot\t0644\t/etc/b c\tw/4',
];

/** Writes them with such an `install`, which prints what it is called with. */
const write = (install: string): string =>
  hostShell(
    `cat >"$work/beside"
install() { printf '%s|' "$@" && echo && ${install}; }
write_all_beside
echo done`,
    { input: files.map((line) => `${line}\n`).join('') },
  );

test('those that are alike are written together, and no others', () => {
  assert.deepEqual(write(':').split('\n'), [
    '-o|root|-g|root|-m|0644|-t|/etc/a|w/3|',
    '-o|root|-g|root|-m|0644|-t|/etc/b c|w/1|w/4|',
    '-o|root|-g|shop|-m|0640|-t|/etc/a|w/2|',
    'done',
    '',
  ]);
});

test('where some cannot be written all ends, and none goes to the place of others', () => {
  for (const failing of [1, 2, 3])
    assert.throws(
      () => write(`count=$((\${count:-0} + 1)) && [ "$count" != ${failing} ]`),
      ({ stdout }: { stdout: string }) => stdout.trimEnd().split('\n').length === failing,
    );
});
