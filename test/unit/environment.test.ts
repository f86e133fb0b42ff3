import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assignment,
  environmentHash,
  renderEnvironment,
} from '../../components/app/environment.ts';
import { sha256 } from '../../components/host/item.ts';
import { find, shop } from './shop.ts';

const path = '/etc/keelson/shop/environment';
const text = (given: object = {}, secrets: Record<string, string> = {}): string =>
  find(renderEnvironment(shop(given), secrets), 'file', path).content ?? '';

test('the file is the group’s to read, secret, and ends with the hash of what is above it', () => {
  const item = find(renderEnvironment(shop(), {}), 'file', path);
  const { owner, group, mode } = item.state;
  assert.deepEqual([owner, group, mode], ['root', 'shop', '0640']);
  assert.deepEqual(item.instructions, { '@secret': 'yes' });
  const above =
    '# Environment of shop. Managed by Keelson.\nHOST="127.0.0.1"\nNODE_ENV="production"\n';
  assert.equal(item.content, `${above}KEELSON_ENVIRONMENT=${sha256(above)}\n`);
  assert.equal(environmentHash(shop(), {}), sha256(above));
});

test('what wins: a secret over a plain value over a default', () => {
  const given = { env: { NODE_ENV: 'staging', A: 'plain', N: 1 } };
  assert.match(text(given, { A: 'secret' }), /^A="secret"\nHOST=.*\nN="1"\nNODE_ENV="staging"\n/m);
});

test('the app is told where its directories are', () => {
  const given = { uploads: { '/m': 'my-media' }, data: ['sessions'] };
  assert.match(text(given), /^MY_MEDIA_DIR="\/srv\/shop\/my-media"$/m);
  assert.match(text(given), /^SESSIONS_DIR="\/srv\/shop\/sessions"$/m);
});

test('the order in the stack file changes nothing, a value does', () => {
  assert.equal(text({ env: { A: 1, B: 2 } }), text({ env: { B: 2, A: 1 } }));
  assert.notEqual(
    environmentHash(shop({ env: { A: 1 } }), {}),
    environmentHash(shop(), { A: '2' }),
  );
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
