import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobSudoers, sudoers } from '../../../components/app/sudoers.ts';
import { find, items, lines, publicKey, web1 } from '../shop.ts';

const server = web1({ deploy: { keys: [publicKey] } });
const wanted = (on = server, instances = [3700, 3701]) =>
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
    'restart shop@3700',
    'restart shop@3700.service',
    '--no-pager restart shop@3700.service',
    'restart --no-pager shop@3700',
    'restart shop@3700 --no-pager',
    'stop shop@3700 shop@3701.service',
    'start shop.target',
    '-q --no-block reload shop@3701',
    'restart shop@*',
    'try-restart shop@*.service',
    'reset-failed shop@3700',
  ])
    assert.equal(allowed(typed), 'NOPASSWD:', typed);
});

test('what shows pages starts no program', () => {
  for (const typed of ['status shop@3700', 'status -l -n 50 shop@3700', 'status shop@* --lines=50'])
    assert.equal(allowed(typed), 'NOPASSWD: NOEXEC:', typed);
});

test('nothing else is', () => {
  const refused = `restart|restart --no-pager|status|status --no-pager|restart shop|restart ssh|restart shop@3700 ssh
    restart shop@3702|restart shop@37001|restart shop@3700.socket|restart shop-x@3700|restart xshop@3700|restart shop@3700service
    enable shop.target|edit shop@3700|kill shop@3700|restart shop@3700 -H host|restart -M .host shop@3700|link shop@3700
    --root=/x restart shop@3700|restart shop@*x|restart shop@?|restart *|set-property shop@3700 A=b|restart  shop@3700
    status shop@3700 -o cat|restart SHOP@3700|restart shop@3700 -n 1000|status shop@3700 --lines=99999|restart shop@3700,ssh|restart shopxtarget`;
  for (const typed of refused.split(/\||\n\s*/)) assert.equal(allowed(typed), undefined, typed);
  assert.equal(allowed('restart shop@3700\nrestart ssh'), undefined);
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

test('a job is run, started and stopped, with its timer, and nothing else is', () => {
  const all = items(jobSudoers.render?.({ name: 'clean' }, { server, instances: [] }));
  const text = find(all, 'file', '/etc/keelson/sudoers.d/clean').content ?? '';
  assert.match(text, /^deploy ALL=\(root\) NOPASSWD: \/usr\/local\/sbin\/keelson run clean$/m);
  const own = rules(all.map((item) => ({ ...item, name: '/etc/keelson/sudoers.d/shop' })));
  const may = (typed: string) => own.some(({ text, pattern }) => text && pattern.test(typed));
  for (const typed of ['start clean', 'stop clean.timer', 'status -n 50 clean.service'])
    assert.ok(may(typed), typed);
  for (const typed of [
    'start clean@1',
    'start clean ssh',
    'disable clean.timer',
    'start clean.socket',
  ])
    assert.ok(!may(typed), typed);
});
