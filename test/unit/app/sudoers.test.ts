import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sudoers } from '../../../components/app/sudoers.ts';
import { find, items, lines, publicKey, web1 } from '../shop.ts';

const server = web1({ deploy: { keys: [publicKey] } });
const wanted = (on = server, instances = [4190, 4191]) =>
  items(sudoers.render?.({ name: 'shop' }, { server: on, instances }));
const item = find(wanted(), 'file', '/etc/keelson/sudoers.d/shop');

/** The patterns of a file, each with its tags. */
const rules = (all = wanted()): { tags: string; pattern: RegExp; text: string }[] =>
  lines(find(all, 'file', '/etc/keelson/sudoers.d/shop').content ?? '').map((line) => {
    const [, tags = '', text = ''] =
      /^deploy ALL=\(root\) (.*) \/usr\/bin\/systemctl (\^.*\$)$/.exec(line) ?? [];
    return { tags, text, pattern: new RegExp(text) };
  });

/** The tags under which sudo would run `systemctl` with these arguments; it joins them with blanks. */
const allowed = (typed: string, all = wanted()): string | undefined =>
  rules(all).find(({ pattern }) => pattern.test(typed))?.tags;

test('units of the app are controlled as people type it', () => {
  for (const typed of [
    'restart shop@4190',
    'restart shop@4190.service',
    '--no-pager restart shop@4190.service',
    'restart --no-pager shop@4190',
    'restart shop@4190 --no-pager',
    'stop shop@4190 shop@4191.service',
    'start shop.target',
    '-q --no-block reload shop@4191',
    'restart shop@*',
    'try-restart shop@*.service',
    'reset-failed shop@4190',
  ])
    assert.equal(allowed(typed), 'NOPASSWD:', typed);
});

test('what shows pages starts no program', () => {
  for (const typed of ['status shop@4190', 'status -l -n 50 shop@4190', 'status shop@* --lines=50'])
    assert.equal(allowed(typed), 'NOPASSWD: NOEXEC:', typed);
});

test('nothing else is', () => {
  const refused = `restart|restart --no-pager|status|status --no-pager|restart shop|restart ssh|restart shop@4190 ssh
    restart shop@4192|restart shop@41901|restart shop@4190.socket|restart shop-x@4190|restart xshop@4190|restart shop@4190service
    enable shop.target|edit shop@4190|kill shop@4190|restart shop@4190 -H host|restart -M .host shop@4190|link shop@4190
    --root=/x restart shop@4190|restart shop@*x|restart shop@?|restart *|set-property shop@4190 A=b|restart  shop@4190
    status shop@4190 -o cat|restart SHOP@4190|restart shop@4190 -n 123456|restart shop@4190,ssh|restart shopxtarget`;
  for (const typed of refused.split(/\||\n\s*/)) assert.equal(allowed(typed), undefined, typed);
  assert.equal(allowed('restart shop@4190\nrestart ssh'), undefined);
});

test('sudo reads patterns of up to 1024 characters: many instances have several', () => {
  const many = Array.from({ length: 256 }, (_, index) => 65000 + index);
  const name = 'a'.repeat(31);
  const all = items(sudoers.render?.({ name }, { server, instances: many }));
  const text = lines(find(all, 'file', `/etc/keelson/sudoers.d/${name}`).content ?? '');
  assert.equal(text.length, 8);
  for (const line of text) assert.ok((/\^.*\$/.exec(line)?.[0].length ?? 0) < 1024);
  for (const key of many) assert.ok(text.some((line) => line.includes(`${key}`)));
});

test('sudo, which refuses a file that others may read or write, is asked before it takes effect', () => {
  const { sha256: _, ...state } = item.state;
  assert.deepEqual(state, { owner: 'root', group: 'root', mode: '0440' });
  assert.deepEqual(item.instructions, { '@check': 'sudoers' });
});

test('a server without a deploy user has none', () => {
  assert.deepEqual(wanted(web1()), []);
});
