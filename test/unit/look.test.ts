import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unseen } from '../../components/host/facts.ts';
import type { Item } from '../../components/host/item.ts';
import { blob } from '../../components/host/kinds.ts';
import { assume, hostError, newRun, type Remembered } from '../../components/host/look.ts';
import { batches } from '../../components/lib/batches.ts';
import { running } from '../../components/pulumi/running.ts';

const render = () => [{ name: 'app-shop', after: [], items: [blob('abc', '')] }];

const last: Remembered = {
  facts: { ...unseen.facts, cores: 8 },
  headers: { 'app-shop': { run: 'r1', lines: ['! x (drift)'] } },
  blobs: { abc: 'r0' },
};

test('a run is named by its time and a random part, so that two clocks cannot agree', () => {
  const now = new Date('2026-11-21T07:01:02.345Z');
  assert.match(newRun(now), /^20261121T070102Z-[0-9a-f]{4}$/);
});

test('without a look the inputs are those of the last up, to the letter', () => {
  const { facts, judged } = assume(render, last, 'now');
  assert.equal(facts.cores, 8);
  assert.deepEqual(judged[0]?.verdict.header, last.headers['app-shop']);
  assert.deepEqual(judged[0]?.manifest.items, [blob('abc', 'r0')]);
});

test('without a look and without an earlier up, everything is new', () => {
  const { judged } = assume(render, undefined, 'now');
  assert.deepEqual(judged[0]?.verdict.header, { run: 'now', lines: [] });
  assert.deepEqual(judged[0]?.manifest.items, [blob('abc', 'now')]);
});

test('servers take turns by number or by share, and always one at least', () => {
  const servers = ['a', 'b', 'c', 'd', 'e'];
  assert.deepEqual(batches(servers, 1), [['a'], ['b'], ['c'], ['d'], ['e']]);
  assert.deepEqual(batches(servers, 2), [['a', 'b'], ['c', 'd'], ['e']]);
  assert.deepEqual(batches(servers, '50%'), [['a', 'b'], ['c', 'd'], ['e']]);
  assert.deepEqual(batches(servers, '1%'), [['a'], ['b'], ['c'], ['d'], ['e']]);
  assert.deepEqual(batches(servers, '100%'), [servers]);
  assert.deepEqual(batches([], 3), []);
});

test('what runs where is told as it will be after the run', () => {
  const rollout: Item = {
    kind: 'rollout',
    name: 'shop',
    state: { current: 'c3', target: 'active', '4190': 'current', '4191': 'current' },
    instructions: { '@kept': '3' },
  };
  const verdict = { due: true, header: { run: 'r', lines: [] }, findings: [] };
  const judged = [{ manifest: { name: 'rollout-shop', after: [], items: [rollout] }, verdict }];
  const facts = { releases: { shop: ['bad', 'b2', 'a1', '00'] }, failed: { shop: ['bad'] } };
  assert.deepEqual(running(judged, facts), {
    shop: { release: 'c3', ports: [4190, 4191], kept: ['b2', 'a1'] },
  });
});

test('whatever goes wrong with a server names it; a fault of the program keeps its stack trace', () => {
  const target = { name: 'web1', address: '192.0.2.1', port: 22, user: 'admin' };
  const said = (error: unknown) => hostError(target, error).message;
  const plain = said(new Error('release 03e81031 is not kept'));
  assert.equal(plain, 'server web1 (admin@192.0.2.1:22): release 03e81031 is not kept');
  assert.match(said(new TypeError('x')), /^server web1 .*: TypeError: x\n {4}at .*look\.test\.ts/);
  assert.equal(hostError(target, hostError(target, new Error('x'))).message, said(new Error('x')));
});
