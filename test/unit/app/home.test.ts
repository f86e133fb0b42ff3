import assert from 'node:assert/strict';
import { test } from 'node:test';
import { home } from '../../../components/app/home.ts';
import { find, items, mailer, shop } from '../shop.ts';

const all = (given: object = {}) => items(home.render?.(shop(given), {} as never));

test('an app has a home and a cache, and its temporary files lie on disk', () => {
  const wanted = {
    HOME: '/srv/shop/.home',
    XDG_CACHE_HOME: '/srv/shop/.cache',
    TMPDIR: '/var/tmp',
  };
  assert.deepEqual(home.variables?.(shop()), wanted);
  assert.equal(home.variables?.(mailer()).HOME, '/srv/mailer/.home');
});

test('both are its alone; its home stays when it goes, its cache does not', () => {
  const own = { owner: 'shop', group: 'shop', mode: '2750' };
  for (const [name, given, remove] of [
    ['.home', {}, 'keep'],
    ['.home', { onRemove: 'delete' }, 'last'],
    ['.cache', {}, 'last'],
  ] as const) {
    const { state, instructions } = find(all(given), 'directory', `/srv/shop/${name}`);
    assert.deepEqual([state, instructions?.['@remove']], [own, remove], name);
  }
});

test('a directory of people’s with such a name is another one', () => {
  const data = ['home', 'cache'];
  assert.equal(all({ data }).length, 2);
  assert.ok(all({ data }).every(({ name }) => /\/\.(home|cache)$/.test(name)));
});

test('either may lie elsewhere', () => {
  const items = all({ places: { '.cache': '/mnt/big/cache' } });
  assert.equal(find(items, 'link', '/srv/shop/.cache').state.target, '/mnt/big/cache');
});
