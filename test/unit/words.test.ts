/** A row is said in the same words in the preview, by TypeScript, and in the log, by the host's awk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRow, type Row, sentence, words } from '../../components/host/rows.ts';
import { hostShell } from './host-shell.ts';

const hash = 'a1b2c3d4'.repeat(8);
const other = '00ff00ff'.repeat(8);

const table: [row: string, words: string][] = [
  ['drift|file|/etc/a|mode|0666|0640', 'file /etc/a mode 0666 → 0640'],
  ['drift|directory|/etc/a|extra|x,y|', 'directory /etc/a extra x,y → none'],
  ['change|user|shop|groups||adm', 'user shop groups none → adm'],
  [`drift|file|/etc/a|sha256|${hash}|${other}`, 'file /etc/a content'],
  ['drift|file|/etc/a|state|missing|present', 'file /etc/a missing → present'],
  ['drift|file|/etc/a|type|directory|file', 'file /etc/a directory, not file'],
  ['found|absent|/etc/motd|type|file|absent', 'absent /etc/motd file, not absent'],
  ['drift|unit|a.service|config|stale|current', 'unit a.service config stale → current'],
  [
    'drift|monitor|shop-3700|state|not loaded|monitored',
    'monitor shop-3700 not loaded → monitored',
  ],
  [`change|rollout|shop|current|${hash}|${other}`, 'rollout shop current a1b2c3d4 → 00ff00ff'],
  [
    'drift|rollout|shop|3700|release a1b2c3d4|current',
    'rollout shop 3700 release a1b2c3d4 → current',
  ],
  [`new|tree|/srv/shop/releases/${hash}|state|missing|present`, 'tree /srv/shop/releases/a1b2c3d4'],
  [`new|blob|${hash}|state|missing|present`, 'blob a1b2c3d4'],
  ['new|user|shop|state|missing|present', 'user shop'],
  ['gone|file|/etc/a|||', 'file /etc/a'],
  ['foreign|user|jane||is somebody’s|', 'user jane is somebody’s'],
  [
    `drift|link|/etc/a|target|/x/${hash}1|/x/${hash}`,
    `link /etc/a target /x/${hash}1 → /x/a1b2c3d4`,
  ],
  ['change|instances|shop|running|3700,3701|3700', 'instances shop running 3700,3701 → 3700'],
];

const rows: Row[] = table.map(([row]) => parseRow(row.replaceAll('|', '\t')));

test('TypeScript says a row in these words', () => {
  assert.deepEqual(
    rows.map(words),
    table.map(([, text]) => text),
  );
});

test('the host says it in the same words, after its origin', () => {
  const input = `${table.map(([row]) => row.replaceAll('|', '\t')).join('\n')}\n`;
  const said = hostShell('in_words', { input }).split('\n').slice(0, -1);
  assert.deepEqual(
    said,
    rows.map((row) => `${row.origin.padEnd(6)} ${words(row)}`),
  );
});

test('the host does not say what only follows from another row', () => {
  const input = 'drift\tunit\ta.service\tconfig\tstale\tcurrent\techo\n';
  assert.equal(hostShell('in_words', { input }), '');
});

test('the preview adds a sign and the origin', () => {
  const sentences = rows.map(sentence);
  assert.equal(sentences[0], '! file /etc/a mode 0666 → 0640 (drift)');
  assert.equal(sentences[2], '~ user shop groups none → adm (change)');
  assert.equal(sentences[6], '~ absent /etc/motd file, not absent (found)');
  assert.equal(sentences[13], '+ user shop (new)');
  assert.equal(sentences[14], '- file /etc/a (gone)');
});

test('what is no row is an error', () => {
  for (const line of ['', 'drifted\tfile\t/etc/a\tmode\t1\t2', 'drift\tfile'])
    assert.throws(() => parseRow(line), /the host answered what is no row/);
});
