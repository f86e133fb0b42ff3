/** The helper's verb `alert`, run with dash as Debian does; what it writes is read back from a memory of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environment } from '../../components/app/environment.ts';
import { hostShell } from './host-shell.ts';
import { context, items, shop, textOf } from './shop.ts';

const secrets = {
  DATABASE_URL: 'postgres://shop:p%40ss-word@db/shop',
  KEY: '-----BEGIN KEY-----\nMIIEow"IBA$AKC`A\\QE\n-----END KEY-----',
  PIN: '1234',
  PLAIN: 'hunter2 & co',
};

/** The app's files, as the kit writes them, and channels, in the places where the helper is told to look. */
const rendered = items(environment.render?.(shop(), context(shop(), { secrets })));
const memory = {
  'etc/shop/environment': textOf(rendered, '/etc/keelson/shop/environment'),
  'etc/shop/secrets': textOf(rendered, '/etc/keelson/shop/secrets'),
  'channels/slack': 'type=slack\nsecret.slack=https://hooks.example.com/T0/B0/abcdef\n',
  'manifests/rollout-shop': 'keelson 1 rollout-shop\n',
};

/** logger(1) is left out, which would write to the journal of the machine of the tests. */
const start = `
APPS_CONFIG=$STATE/etc CHANNELS=$STATE/channels DROP=$STATE/drop ALERTS=$STATE/alerts
logger() { printf '%s\\n' "$*" >>"$STATE/journal"; }
files() { for one in "$DROP"/*; do [ ! -f "$one" ] || cat "$one"; done; }
`;
const at = (lines: string, input: string | Buffer = '', more: object = {}) =>
  hostShell(`${start}${lines}`, { memory: { ...memory, ...more }, input });
/** The text of the one alert that was dropped. */
const told = (lines: string, input: string | Buffer = '') =>
  at(`${lines}; files`, input).split('\n').slice(3).join('\n').trim();

test('an alert is one line in the journal, and a file for who sends it', () => {
  const [journal, event, subject, time, ...text] = at(
    'alert failed shop@4190 "exited with status 1"; cat "$STATE/journal"; files',
    'first line\n\n\u001b[31msecond\u001b[0m\r\n',
  ).split('\n');
  assert.equal(
    journal,
    '-t keelson-alert -p daemon.warning -- failed shop@4190: exited with status 1',
  );
  assert.deepEqual([event, subject], ['failed', 'shop@4190']);
  assert.match(time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(text, ['exited with status 1', 'first line', 'second', '']);
});

test('without channels there is the line in the journal alone', () => {
  const said = at('rm -r "$CHANNELS"; alert job shop failed; cat "$STATE/journal"; files');
  assert.equal(said, '-t keelson-alert -p daemon.warning -- job shop: failed\n');
});

test('whatever it is called with, and wherever it cannot write, it ends with 0 and says nothing', () => {
  for (const call of ['alert', 'alert odd', "alert '' ''", 'DROP=/proc/nowhere; alert unit a b'])
    assert.equal(at(`${call}; echo "ended with $?"`), 'ended with 0\n', call);
  assert.match(at('alert odd x; files'), /^unit\nx\n/);
});

test('secrets are cut out of what an app said: whole, in lines, in URLs, but not short ones', () => {
  const cases: [string, string][] = [
    ['at postgres://shop:p%40ss-word@db/shop:', 'at [secret DATABASE_URL]:'],
    ['password p%40ss-word is wrong', 'password [secret DATABASE_URL] is wrong'],
    ['MIIEow"IBA$AKC`A\\QE', '[secret KEY]'],
    ['hunter2 & co, hunter2 & co', '[secret PLAIN], [secret PLAIN]'],
    ['?p=hunter2%20%26%20co', '?p=[secret PLAIN]'],
    ['https://hooks.example.com/T0/B0/abcdef', '[secret slack]'],
    ['1234 of NODE_ENV production', '1234 of NODE_ENV production'],
  ];
  for (const [said, cut] of cases)
    assert.equal(told('alert failed shop@4190 x', said), `x\n${cut}`);
  // Another app's are not known to be its own.
  assert.equal(told('alert failed blog@1 x', 'hunter2 & co'), 'x\nhunter2 & co');
  assert.equal(told('alert job shop-clean x', 'hunter2 & co'), 'x\n[secret PLAIN]');
});

test('a text is bounded, and whole characters of UTF-8', () => {
  const text = told('alert failed shop x', Buffer.from(`\xff${'ü'.repeat(40_000)}`));
  assert.ok(Buffer.byteLength(text) <= 3000, `${text.length}`);
  assert.match(text, /^x\n[^\uFFFD]*ü$/);
});

test('what waits in memory is bounded, and what was left out is counted', () => {
  const said = at(
    'DROP_LIMIT=3; for i in 1 2 3 4 5; do alert unit $i; done; ls "$DROP" | wc -l; wc -c <"$DROP/.dropped"',
  );
  assert.deepEqual(said.trim().split(/\s+/), ['3', '2']);
});

test('nobody is told while it is silent, whatever the clock says, nor of what a rollout does', () => {
  const count = (lines: string) => at(`${lines}; files | wc -l`).trim();
  const silent = (seconds: number) =>
    `mkdir "$ALERTS"; echo $(($(date +%s) + ${seconds})) >"$ALERTS/silent"`;
  assert.equal(count(`${silent(60)}; alert unit a`), '0');
  assert.notEqual(count(`${silent(-1)}; alert unit a`), '0');
  assert.notEqual(count(`${silent(10_000_000)}; alert unit a`), '0');
  const rollout = 'mkdir -p "$STATE/rollouts/shop"; exec 7>"$STATE/rollouts/shop/lock"; flock -n 7';
  assert.equal(count(`${rollout}; alert failed shop@4190`), '0');
  assert.equal(count(`${rollout}; alert recovered shop-mail@1`), '0');
  assert.notEqual(count(`${rollout}; alert rollout-failed shop`), '0');
  assert.notEqual(count(`${rollout}; alert failed blog@1`), '0');
});
