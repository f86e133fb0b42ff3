import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assignment, environment, environmentHash } from '../../../components/app/environment.ts';
import type { WebApp } from '../../../components/app/types/web.ts';
import type { WorkerApp } from '../../../components/app/types/worker.ts';
import { sha256 } from '../../../components/host/item.ts';
import { context, find, items, mailer, shop, textOf, web1 } from '../shop.ts';

const render = (app: WebApp | WorkerApp, secrets = {}) =>
  items(environment.render?.(app, context(app, { secrets })));
const text = (given: object = {}, secrets: Record<string, string> = {}): string =>
  textOf(render(shop(given), secrets), '/etc/keelson/shop/environment');

test('the file is the group’s to read, secret, and ends with the hash of what is above it', () => {
  const app = shop();
  assert.deepEqual(Object.keys(environment.render?.(app, context(app)) ?? {}), ['rollout']);
  const item = find(render(app), 'file', '/etc/keelson/shop/environment');
  const { owner, group, mode } = item.state;
  assert.deepEqual([owner, group, mode], ['root', 'shop', '0640']);
  assert.deepEqual(item.instructions, { '@secret': 'yes' });
  const above = [
    '# Environment of shop. Managed by Keelson.',
    ...['HOME="/srv/shop/.home"', 'HOST="127.0.0.1"', 'NODE_ENV="production"'],
    ...['TMPDIR="/var/tmp"', 'XDG_CACHE_HOME="/srv/shop/.cache"', ''],
  ].join('\n');
  assert.equal(item.content, `${above}KEELSON_ENVIRONMENT=${sha256(above)}\n`);
  assert.equal(environmentHash(app, context(app)), sha256(above));
});

test('a worker, which listens nowhere, has no HOST', () => {
  const text = textOf(render(mailer()), '/etc/keelson/mailer/environment');
  const given = text.split('\n').map((line) => line.replace(/=.*/, ''));
  assert.deepEqual(given.slice(1, -2), ['HOME', 'NODE_ENV', 'TMPDIR', 'XDG_CACHE_HOME']);
});

test('what wins: a secret over a plain value over a default', () => {
  const given = { env: { NODE_ENV: 'staging', HOST: '::1', A: 'plain', N: 1 } };
  assert.match(
    text(given, { A: 'secret' }),
    /^A="secret"\nHOME=.*\nHOST="::1"\nN="1"\nNODE_ENV="staging"\n/m,
  );
});

test('the app is told where its directories are, and may say otherwise', () => {
  const given = { uploads: { '/m': 'my-media' }, data: ['sessions'] };
  assert.match(text(given), /^MY_MEDIA_DIR="\/srv\/shop\/my-media"$/m);
  assert.match(text(given), /^SESSIONS_DIR="\/srv\/shop\/sessions"$/m);
  assert.match(text({ ...given, env: { SESSIONS_DIR: '/x' } }), /^SESSIONS_DIR="\/x"$/m);
});

test('the order in the stack file changes nothing, a value does', () => {
  assert.equal(text({ env: { A: 1, B: 2 } }), text({ env: { B: 2, A: 1 } }));
  assert.notEqual(text({ env: { A: 1 } }), text({}, { A: '2' }));
});

test('values are quoted as systemd reads them', () => {
  const table: [string, string][] = [
    ['plain', '"plain"'],
    ['', '""'],
    [' # no comment ', '" # no comment "'],
    ['say "hi"', '"say \\"hi\\""'],
    ["it's", `"it's"`],
    ['a\\nb\\', '"a\\\\nb\\\\"'],
    ['$HOME `id` %i', '"\\$HOME \\`id\\` %i"'],
    ['two\nlines', '"two\nlines"'],
    ['é 日本 🎉', '"é 日本 🎉"'],
  ];
  for (const [value, quoted] of table) assert.equal(assignment('A', value), `A=${quoted}`);
});

test('a variable that is plain and secret is told', () => {
  const apps = [shop({ env: { A: 'x', B: 'y' } })];
  const told = (secrets: Record<string, Record<string, string>>) =>
    environment.conflicts?.(apps, { server: web1(), secrets });
  assert.deepEqual(told({ shop: { A: '1', C: '2' } }), [
    'secrets.shop.A: is given in apps.shop.env too; remove one of them',
  ]);
  assert.deepEqual(told({ blog: { A: '1' } }), []);
});
