import assert from 'node:assert/strict';
import { test } from 'node:test';
import { file, unit } from '../../components/host/kinds.ts';
import type { Run } from '../../tools/lib/pulumi-run.ts';
import { deal, play } from '../chaos/game.ts';
import { label, mutations } from '../chaos/mutations.ts';
import { draw, findings } from '../chaos/rounds.ts';
import { named } from '../harness/picture.ts';
import { integer, seeded, shuffled } from '../harness/random.ts';

test('a seed repeats what was random', () => {
  const throws = (seed: number) => {
    const random = seeded(seed);
    return [...shuffled(random, [1, 2, 3, 4, 5]), integer(random, 1, 6), integer(random, 1, 6)];
  };
  assert.deepEqual(throws(7), throws(7));
  assert.notDeepEqual(throws(7), throws(8));
});

test('every mutation has its turn before any comes again, under a name of its own', () => {
  const deck = deal(seeded(1), mutations, /./);
  const dealt = mutations.map(() => deck.next().value.name);
  assert.equal(new Set(dealt).size, mutations.length);
  assert.ok(mutations.length >= 30);
});

test('damages of one round hit different things, and none hides another', () => {
  const all = ['/etc/a', '/etc/b', '/etc/systemd/system/c.service', '/etc/systemd/system/d.service']
    .map((path) => ({ item: file(path, 'text'), manifest: 'base' }))
    .concat({ item: unit('nginx.service', {}) as ReturnType<typeof file>, manifest: 'nginx' });
  const deck = deal(seeded(3), mutations, /./);
  for (let round = 0; round < 50; round++) {
    const names = draw(seeded(round), deck, all, 6).map(({ target }) => label(target.item));
    assert.equal(new Set(names).size, names.length);
    const told = names.filter((name) => name.includes('systemd') || name.startsWith('unit'));
    assert.ok(told.length <= 1, `two at once that systemd is told: ${told.join(', ')}`);
  }
});

test('a round that failed says how to play it again', async () => {
  const said: string[] = [];
  const cards = [{ name: 'rain' }, { name: 'hail' }];
  const faults = await play(
    { rounds: 2, seed: 7, only: 'hail' },
    cards,
    'kill ',
    async (deck, _random, number) => ({
      what: [deck.next().value.name],
      faults: number === 1 ? [] : ['it is wet'],
    }),
    (line) => said.push(line),
  );
  assert.deepEqual(faults, ['hail: it is wet']);
  assert.deepEqual(said, [
    'round 1 ok\n  hail',
    "round 2 FAILED\n  hail\n    ✗ it is wet\n    again: npm run chaos -- kill --rounds 2 --seed 7 --only 'hail'",
  ]);
});

test('findings are read from what a preview says', () => {
  const text = [
    '! file /etc/a content (drift)\n    -old\n    +new\n! blob 0123456789ab missing → present (drift)',
    '+ base: 33 items, 33 of them as wanted already',
    '~ file /etc/b content (change)',
    'drift  file /etc/a: content',
  ];
  const messages = text.map((text) => ({ severity: 'info', text, urn: undefined }));
  const run: Run = {
    ...{ code: 0, steps: [], failed: [], messages },
    ...{ changes: {}, outputs: {}, stderr: '' },
  };
  assert.deepEqual(
    [...findings(run)],
    ['file /etc/a', 'blob 0123456789ab', 'manifest base', '~ file /etc/b'],
  );
});

test('a file is told by the names of its owners: an account that comes back may have another number', () => {
  const names = { user: new Map([['998', 'shop']]), group: new Map([['33', 'www-data']]) };
  assert.equal(named('998:33', names), 'shop:www-data');
  assert.equal(named('997:998', names), '997:998');
});
