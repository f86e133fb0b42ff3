import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Item } from '../../components/host/item.ts';
import {
  aptPackage,
  directory,
  file,
  link,
  systemUser,
  unit,
} from '../../components/host/kinds.ts';
import {
  body,
  itemLine,
  type Manifest,
  merge,
  parse,
  text,
} from '../../components/host/manifest.ts';
import { inOrder } from '../../components/pulumi/resources.ts';

const manifest = (name: string, items: Item[], after: string[] = []): Manifest => ({
  name,
  after,
  items,
});

test('a manifest reads back as what was written', () => {
  const items = [
    aptPackage('nginx', '1.22.1-9'),
    systemUser('shop', { group: 'shop', groups: ['video', 'adm'] }),
    directory('/srv/shop', { whole: true, remove: 'all' }),
    file('/etc/a.conf', 'one\n\n|three\nend', { check: 'nginx' }),
    file('/etc/empty', '', { secret: true }),
    link('/etc/b.conf', 'a.conf'),
    unit('nginx.service', {
      enabled: 'enabled',
      active: 'active',
      change: 'reload',
      config: '/etc/nginx',
    }),
  ];
  const header = {
    run: '20261121T070102Z-4f2a',
    lines: ['! file /etc/a.conf mode 0666 → 0644 (drift)'],
  };
  const stored = parse(text(manifest('nginx', items), header));
  assert.deepEqual(stored.header, header);
  assert.deepEqual(
    stored.items,
    items.map((item) => ({ ...item, instructions: item.instructions ?? {} })),
  );
});

test('the text of a manifest is what docs/protocol.md says', () => {
  const items = [file('/etc/a.conf', 'one\ntwo\n', { mode: '0640', check: 'nginx' })];
  const hash = '5f1dd7ebe9b5a7c3f9b0be02a9d3c9b6ed8dcdd3ea5bc6dc9ab7ba1ae3b9ae5b';
  const lines = text(manifest('nginx', items), { run: 'r1', lines: ['! x'] }).split('\n');
  assert.deepEqual(
    lines.map((line) => line.replace(/sha256=[0-9a-f]{64}/, `sha256=${hash}`)),
    [
      'keelson 1 nginx',
      'run r1',
      '! x',
      '',
      `file\t/etc/a.conf\towner=root\tgroup=root\tmode=0640\tsha256=${hash}\t@check=nginx`,
      '|one',
      '|two',
      'end',
      '',
    ],
  );
});

test('the body does not depend on the header', () => {
  const one = manifest('nginx', [aptPackage('nginx')]);
  assert.ok(text(one, { run: 'a', lines: [] }).endsWith(`\n\n${body(one)}`));
  assert.ok(text(one, { run: 'b', lines: ['! drift'] }).endsWith(`\n\n${body(one)}`));
});

test('what would break out of an item line is refused', () => {
  for (const bad of ['a\tb', 'a\nb', 'a\rb', 'a\0b'])
    assert.throws(() => itemLine(aptPackage(bad)), /holds a tab or a line break/);
});

test('contributions to one manifest are joined, equal items kept once', () => {
  const merged = merge([
    manifest('nginx', [aptPackage('nginx')], ['base']),
    manifest('base', [aptPackage('curl')]),
    manifest('nginx', [aptPackage('nginx'), aptPackage('gzip')], ['rollout-shop']),
  ]);
  assert.deepEqual(
    merged.map(({ name }) => name),
    ['nginx', 'base'],
  );
  assert.deepEqual(
    merged[0]?.items.map(({ name }) => name),
    ['nginx', 'gzip'],
  );
  assert.deepEqual(merged[0]?.after, ['base', 'rollout-shop']);
});

test('one secret contribution makes the manifest secret', () => {
  const merged = merge([manifest('a', []), { ...manifest('a', []), secret: true }]);
  assert.equal(merged[0]?.secret, true);
});

test('two components that want one thing in two ways are refused', () => {
  const parts = [
    manifest('a', [directory('/srv')]),
    manifest('a', [directory('/srv', { mode: '0700' })]),
  ];
  assert.throws(
    () => merge(parts),
    /manifest a: directory \/srv is wanted in two ways; let one component own it/,
  );
});

test('one component that wants a thing in two ways is refused, and in one way has it once', () => {
  const [plain, other] = [directory('/srv'), directory('/srv', { mode: '0700' })];
  assert.throws(() => merge([manifest('a', [plain, other])]), /directory \/srv is wanted in two/);
  assert.deepEqual(merge([manifest('a', [plain, plain])])[0]?.items, [plain]);
});

test('manifests are ordered by what they come after, and a circle is named', () => {
  const judged = (name: string, after: string[]) => ({
    manifest: manifest(name, [], after),
    verdict: { due: false, header: { run: '', lines: [] }, findings: [] },
  });
  const names = inOrder([
    judged('monit', ['nginx']),
    judged('nginx', ['base', 'absent']),
    judged('base', []),
  ]);
  assert.deepEqual(
    names.map((it) => it.manifest.name),
    ['base', 'nginx', 'monit'],
  );
  assert.throws(
    () => inOrder([judged('a', ['b']), judged('b', ['a'])]),
    /wait for each other: a → b → a/,
  );
});
