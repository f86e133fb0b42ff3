import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderSudoers } from '../../components/app/sudoers.ts';
import { find, lines } from './shop.ts';

const item = find(
  renderSudoers({ name: 'shop' }, 'deploy', [4190]),
  'file',
  '/etc/keelson/sudoers.d/shop',
);

test('every command is named to the letter, without wildcards or a pager', () => {
  assert.deepEqual(
    lines(item.content ?? ''),
    ['shop.target', 'shop@4190.service'].flatMap((unit) =>
      ['start', 'stop', 'restart', 'reload', 'status'].map(
        (verb) => `deploy ALL=(root) NOPASSWD: /usr/bin/systemctl --no-pager ${verb} ${unit}`,
      ),
    ),
  );
  assert.doesNotMatch(item.content ?? '', /[*?[\]!]/);
});

test('sudo accepts the file, and it is checked before it takes effect', () => {
  assert.equal(item.state.mode, '0440');
  assert.equal(item.instructions?.['@check'], 'sudoers');
});
