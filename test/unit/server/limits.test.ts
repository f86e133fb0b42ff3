import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../components/server/limits.ts';
import { items, lines, names, textOf, trixie, web1 } from '../shop.ts';

test('systemd gives every service so many files as its hard limit', () => {
  const all = items(limits.render?.(web1({ openFiles: 65536 }), { facts: trixie }));
  assert.deepEqual(names(all), [
    'directory /etc/systemd/system.conf.d',
    'file /etc/systemd/system.conf.d/60-keelson.conf',
  ]);
  assert.deepEqual(lines(textOf(all, '/etc/systemd/system.conf.d/60-keelson.conf')), [
    '[Manager]',
    'DefaultLimitNOFILE=1024:65536',
  ]);
});
