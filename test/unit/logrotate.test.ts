import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderLogs } from '../../components/app/logs.ts';
import { find, lines, shop, textOf } from './shop.ts';

test('an app that writes to the journal has no log files', () => {
  assert.deepEqual(renderLogs(shop()), []);
});

test('log files lie where the app cannot put a link, stay when it goes, and are copied away', () => {
  const items = renderLogs(shop({ logs: { to: 'files', days: 3, size: '5M' } }));
  const directory = find(items, 'directory', '/var/log/shop');
  assert.deepEqual(directory.state, { owner: 'root', group: 'adm', mode: '2750' });
  assert.equal(directory.instructions?.['@remove'], 'keep');
  const going = renderLogs(shop({ logs: { to: 'files' }, onRemove: 'delete' }));
  assert.equal(find(going, 'directory', '/var/log/shop').instructions?.['@remove'], 'last');
  assert.deepEqual(lines(textOf(items, '/etc/logrotate.d/keelson-shop')), [
    '/var/log/shop/*.log {',
    'daily',
    'maxsize 5M',
    'rotate 72',
    'maxage 3',
    'missingok',
    'notifempty',
    'compress',
    'delaycompress',
    'copytruncate',
    '}',
  ]);
});
