/** Tables, and what of a server's status is in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import {
  hostLine,
  lasting,
  statusHead,
  statusOf,
  statusRows,
} from '../../../tools/operate/status.ts';
import { table } from '../../../tools/operate/table.ts';
import { isColoured } from '../../../tools/operate/text.ts';

test('a table is columns for programs, and has lines and colours for people', () => {
  const rows = [['shop', { text: 'ok', colour: 'green' as const }], ['a']];
  assert.deepEqual(table(['app', 'state'], rows, false), ['app   state', 'shop  ok', 'a']);
  const boxed = table(['app', 'state'], rows, true);
  assert.deepEqual(boxed.map(stripVTControlCharacters), [
    ...['┌──────┬───────┐', '│ app  │ state │', '├──────┼───────┤'],
    ...['│ shop │ ok    │', '│ a    │       │', '└──────┴───────┘'],
  ]);
  assert.ok(boxed[3]?.includes('\x1b[32mok   \x1b[39m'));
});

test('colours are for a terminal that wants them', () => {
  assert.equal(isColoured({ isTTY: true }, {}), true);
  assert.equal(isColoured({ isTTY: true }, { NO_COLOR: '1' }), false);
  assert.equal(isColoured({ isTTY: true }, { TERM: 'dumb' }), false);
  assert.equal(isColoured({}, {}), false);
});

const instance = {
  ...{ key: '3700', unit: 'shop@3700.service', port: 3700, state: 'active', restarts: 2 },
  ...{ uptimeSeconds: 95_507, memoryBytes: 88_604_672, cpuPercent: 1.5 },
  health: { good: true, answer: '', at: '2026-11-28T20:40:58Z' },
};

const way = { name: 'web1', address: 'web1.example.com' };

/** As the page status.json of a server. */
const said = (apps: object[]) =>
  statusOf(
    way,
    JSON.stringify({
      ...{ version: 1, problems: ['fwupd.service failed\x1b[2J'] },
      host: {
        ...{ debian: '12.8', upSince: '2026-11-02T04:11:40Z', load1: 0.12 },
        ...{ memoryBytes: 4e9, memoryAvailableBytes: 3e9, disks: [{ path: '/', usedPercent: 31 }] },
      },
      apps,
    }),
  );
const lines = (apps: object[]) => table(statusHead, statusRows(said(apps)), false).slice(1);

const web = { name: 'shop', type: 'web', release: '4be1f0a2', jobs: [] };

test('a line for each instance: what runs, how often it ended, and whether it answers', () => {
  const down = {
    ...instance,
    key: '3701',
    state: 'failed',
    uptimeSeconds: null,
    memoryBytes: null,
  };
  const bad = {
    cpuPercent: null,
    health: { good: false, answer: `500, not\n200: ${'x'.repeat(80)}` },
  };
  const [first = '', second = ''] = lines([{ ...web, instances: [instance, { ...down, ...bad }] }]);
  assert.match(first, /^shop +3700 +4be1f0a2 +active +2 +1d +1\.5% +88\.6mb +good$/);
  assert.match(second, /^shop +3701 +4be1f0a2 +failed +2 +- +- +- +500, not 200: x{45}…$/);
});

test('an app without instances has a line too: a job says when it runs next', () => {
  const job = { state: 'waiting', result: 'success', nextAt: '2026-11-29T03:00:00Z' };
  const [line = ''] = lines([
    { name: 'nightly', type: 'job', release: '77bb00cc', instances: [], jobs: [job] },
  ]);
  assert.match(line, /^nightly +job +77bb00cc +waiting .* next 2026-11-29 03:00Z$/);
});

test('members have lines below their app, and what has nothing that runs has one', () => {
  const clean = { member: 'clean', state: 'inactive', nextAt: null };
  const found = lines([
    { ...web, instances: [instance, { ...instance, key: 'mail@1' }], jobs: [clean] },
    { name: 'docs', type: 'static', release: null, instances: [], jobs: [] },
  ]);
  assert.deepEqual(
    found.map((line) => line.split(/ +/).slice(0, 4)),
    [
      ['shop', '3700', '4be1f0a2', 'active'],
      ['shop', 'mail@1', '4be1f0a2', 'active'],
      ['shop', 'clean', '4be1f0a2', 'inactive'],
      ['docs', 'static', '-', '-'],
    ],
  );
});

test('the host in a line, and its problems without what a terminal would obey', () => {
  const status = said([]);
  const now = Date.parse('2026-11-28T20:41:07Z');
  assert.equal(hostLine(status, now), 'Debian 12.8, up 26d, load 0.12, memory 25%, disk / 31%');
  assert.deepEqual(status.problems, ['fwupd.service failed\\x1b[2J']);
  assert.deepEqual([59, 60, 3600, 86_400].map(lasting), ['59s', '1m', '1h', '1d']);
});

test('what is no status, or of another version, is told of its server', () => {
  for (const said of ['', '{}', 'null', '{"version":2,"apps":[]}'])
    assert.throws(() => statusOf(way, said), {
      message:
        'server web1 (web1.example.com:22): its status cannot be read here; run pulumi up with this version',
    });
});
