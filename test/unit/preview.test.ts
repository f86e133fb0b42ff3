/** A preview's lines, from the look's answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAnswer } from '../../components/host/answer.ts';
import { file, group } from '../../components/host/kinds.ts';
import type { Manifest } from '../../components/host/manifest.ts';
import { preview } from '../../components/host/preview.ts';

const conf = file('/etc/a', 'one\nthree\n');
const manifest: Manifest = { name: 'base', after: [], items: [conf, group('own')] };

function lines(answer: readonly string[], isKnown = true, of = manifest): string[] {
  const { manifests, texts } = parseAnswer([...answer, 'end', ''].join('\n'));
  return preview(of, manifests[0]?.rows ?? [], texts, isKnown);
}

test('content that drifted shows what is there against what was applied, and a change what follows', () => {
  const answer = [
    'manifest\tbase\tdue',
    'drift\tfile\t/etc/a\tsha256\t1\t2',
    'change\tfile\t/etc/a\tsha256\t2\t3',
    ...['text\t/etc/a\tfound', '|one', '|drifted'],
    ...['text\t/etc/a\tapplied', '|one', '|two'],
  ];
  assert.deepEqual(lines(answer), [
    '! file /etc/a content (drift)',
    '    -drifted',
    '    +two',
    '~ file /etc/a content (change)',
    '    -two',
    '    +three',
  ]);
});

test('content that drifted and stays wanted is held against what is wanted', () => {
  const answer = ['manifest\tbase\tdue', 'drift\tfile\t/etc/a\tsha256\t1\t2'];
  const text = ['text\t/etc/a\tfound', '|one', '|', '|| pipe'];
  assert.deepEqual(lines([...answer, ...text]), [
    '! file /etc/a content (drift)',
    '    -',
    '    -| pipe',
    '    +three',
  ]);
});

test('without a text, as of a secret file, there are no lines', () => {
  assert.deepEqual(lines(['manifest\tbase\tdue', 'drift\tfile\t/etc/a\tsha256\t1\t2']), [
    '! file /etc/a content (drift)',
  ]);
});

test('at first sight what is new is counted, and what is there otherwise is told item by item', () => {
  const answer = [
    'manifest\tbase\tdue',
    'found\tfile\t/etc/a\tsha256\t1\t2',
    ...['text\t/etc/a\tfound', '|one'],
    'new\tgroup\town\tstate\tmissing\tpresent',
  ];
  assert.deepEqual(lines(answer.slice(0, 2), false), [
    '+ base: 2 items, 1 of them as wanted already',
    '~ file /etc/a content (found)',
  ]);
  const [head, ...rest] = [answer[0], answer[4], answer[1], answer[2], answer[3]] as string[];
  assert.deepEqual(lines([head as string, ...rest], false), [
    '+ base: 2 items',
    '~ file /etc/a content (found)',
    '    +three',
  ]);
});

test('where all but a few items are there, as after a run that failed, those that are not are named', () => {
  const items = Array.from({ length: 8 }, (_, n) => group(`g${n}`));
  const missing = (count: number) =>
    items.slice(0, count).map(({ name }) => `new\tgroup\t${name}\tstate\tmissing\tpresent`);
  const told = (count: number, of = items) =>
    lines(['manifest\tbase\tdue', ...missing(count)], false, { ...manifest, items: of });
  assert.deepEqual(told(2), [
    '+ base: 8 items, 6 of them as wanted already',
    '+ group g0 (new)',
    '+ group g1 (new)',
  ]);
  assert.equal(told(5).length, 6);
  assert.deepEqual(told(6), ['+ base: 8 items, 2 of them as wanted already']);
  assert.deepEqual(told(2, items.slice(0, 2)), ['+ base: 2 items']);
});

test('what a component says of some keys of an item follows its rows, once', () => {
  const note = { item: 'file /etc/a', keys: ['mode', 'owner'], text: 'a restart follows' };
  const noted = { ...manifest, notes: [note, { ...note, keys: ['group'], text: 'never' }] };
  const rows = ['mode\t1\t2', 'owner\ta\tb'].map((it) => `drift\tfile\t/etc/a\t${it}`);
  assert.deepEqual(lines(['manifest\tbase\tdue', ...rows], true, noted).slice(2), [
    '  a restart follows',
  ]);
});

test('what is to be said only of what was there is not said of anything else', () => {
  const noted = (from: string, of: string) => {
    const note = { item: 'file /etc/a', keys: ['running'], from, text: 'it moves' };
    const rows = `change\tfile\t/etc/a\trunning\t${of}\t7`;
    return lines(['manifest\tbase\tdue', rows], true, { ...manifest, notes: [note] }).slice(1);
  };
  assert.deepEqual(noted('41', '41,42'), ['  it moves']);
  assert.deepEqual(noted('41', '141,42'), []);
});

test('a long difference is cut, and says how much more there is', () => {
  const long = file('/etc/a', Array.from({ length: 50 }, (_, n) => `line ${n}\n`).join(''));
  const answer = [
    'manifest\tbase\tdue',
    'found\tfile\t/etc/a\tsha256\t1\t2',
    'text\t/etc/a\tfound',
  ];
  const all = lines(answer, true, { ...manifest, items: [long] });
  assert.equal(all.length, 42);
  assert.equal(all.at(-1), '    … and 10 more lines');
});

test('an answer that breaks off, or holds what is none, is an error', () => {
  assert.throws(() => parseAnswer('manifest\tbase\tapplied\n'), /broke off/);
  assert.throws(() => parseAnswer(''), /broke off/);
  assert.throws(() => parseAnswer('manifest\tbase\tperhaps\nend\n'), /no verdict/);
  assert.throws(() => parseAnswer('drift\tfile\t/etc/a\tmode\t1\t2\nend\n'), /row of no manifest/);
  assert.throws(() => parseAnswer('manifest\tbase\tdue\nsh: not found\nend\n'), /no row/);
});
