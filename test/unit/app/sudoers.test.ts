import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sudoers } from '../../../components/app/sudoers.ts';
import { find, items, lines, publicKey, web1 } from '../shop.ts';

const server = web1({ deploy: { keys: [publicKey] } });
const wanted = (on = server, instances = [3700]) =>
  items(sudoers.render?.({ name: 'shop' }, { server: on, instances }));
const item = find(wanted(), 'file', '/etc/keelson/sudoers.d/shop');

test('every command is named to the letter, without wildcards or a pager', () => {
  assert.deepEqual(
    lines(item.content ?? ''),
    ['shop.target', 'shop@3700.service'].flatMap((unit) =>
      ['start', 'stop', 'restart', 'reload', 'status'].map(
        (verb) => `deploy ALL=(root) NOPASSWD: /usr/bin/systemctl --no-pager ${verb} ${unit}`,
      ),
    ),
  );
  assert.doesNotMatch(item.content ?? '', /[*?[\]!]/);
});

test('sudo, which refuses a file that others may read or write, is asked before it takes effect', () => {
  const { sha256: _, ...state } = item.state;
  assert.deepEqual(state, { owner: 'root', group: 'root', mode: '0440' });
  assert.deepEqual(item.instructions, { '@check': 'sudoers' });
});

test('a server without a deploy user has none', () => {
  assert.deepEqual(wanted(web1()), []);
});
