import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logs } from '../../../components/app/logs.ts';
import { rotations } from '../../../components/server/logrotate.ts';
import { find, items, lines, shop, textOf } from '../shop.ts';

const all = (given: object = {}) => items(logs.render?.(shop(given), {} as never));

test('an app that writes to the journal has no log files', () => {
  assert.deepEqual(all(), []);
});

test('log files lie where the app cannot put a link, stay when it goes, and are copied away', () => {
  const given = all({ logs: { to: 'files', days: 3, size: '5M' } });
  const directory = find(given, 'directory', '/var/log/shop');
  assert.deepEqual(directory.state, { owner: 'root', group: 'adm', mode: '2750' });
  assert.equal(directory.instructions?.['@remove'], 'keep');
  const going = all({ logs: { to: 'files' }, onRemove: 'delete' });
  assert.equal(find(going, 'directory', '/var/log/shop').instructions?.['@remove'], 'last');
  const options = lines(textOf(given, '/etc/keelson/logrotate.d/shop.conf'));
  const { stated } = rotations(3);
  assert.deepEqual(
    options.filter((line) => !lines(stated).includes(line)),
    [
      '/var/log/shop/*.log {',
      'daily',
      'maxsize 5M',
      'rotate 72',
      'maxage 3',
      'missingok',
      'notifempty',
      'compress',
      'delaycompress',
      'nocopytruncate',
      'copy',
      'nosharedscripts',
      'firstaction',
      '/etc/keelson/logrotate.d/cut 10240 /var/log/shop',
      'endscript',
      'postrotate',
      '/etc/keelson/logrotate.d/renew "$1"',
      'endscript',
      '}',
    ],
  );
});

test('logrotate reads the file before it takes effect', () => {
  const file = find(all({ logs: { to: 'files' } }), 'file', '/etc/keelson/logrotate.d/shop.conf');
  assert.deepEqual(file.instructions, { '@check': 'logrotate' });
});
