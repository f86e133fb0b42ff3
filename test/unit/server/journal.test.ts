import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unit } from '../../../components/host/kinds.ts';
import { journal } from '../../../components/server/journal.ts';
import { find, items, lines, textOf, trixie, web1 } from '../shop.ts';

const folder = '/etc/systemd/journald.conf.d';
const render = (given: object) =>
  items(journal.render?.(web1({ journal: given }), { facts: trixie }));

test('how much of it is kept, over a reboot too', () => {
  const all = render({ size: '256M', retention: '7d' });
  assert.deepEqual(lines(textOf(all, `${folder}/60-keelson.conf`)), [
    '[Journal]',
    'Storage=persistent',
    'SystemMaxUse=256M',
    'SystemKeepFree=1G',
    'MaxRetentionSec=604800s',
  ]);
});

test('how long a line may be in one piece, where that is said', () => {
  const all = lines(textOf(render({ lineMax: '1M' }), `${folder}/60-keelson.conf`));
  assert.equal(all.at(-1), 'LineMax=1M');
});

test('journald is restarted when its limits change, and reads a directory for them', () => {
  assert.deepEqual(
    find(render({}), 'unit', 'systemd-journald.service'),
    unit('systemd-journald.service', { active: 'active', change: 'restart', config: folder }),
  );
});
