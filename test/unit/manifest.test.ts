import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Item, sha256 } from '../../components/host/item.ts';
import {
  absent,
  aptPackage,
  blob,
  directory,
  file,
  group,
  instances,
  link,
  monitorCheck,
  setting,
  sysctl,
  systemUser,
  unit,
} from '../../components/host/kinds.ts';
import {
  body,
  itemLine,
  itemText,
  type Manifest,
  parse,
  text,
} from '../../components/host/manifest.ts';

const manifest = (name: string, items: Item[]): Manifest => ({ name, after: [], items });

test('a manifest of every kind reads back as what was written', () => {
  const items = [
    absent('/etc/x'),
    blob('a'.repeat(64), 'r1'),
    directory('/srv/shop', { whole: true, remove: 'all', deep: true }),
    file('/etc/a.conf', 'one\n\n|three\nend', { check: 'nginx' }),
    file('/etc/empty', '', { secret: true }),
    group('shop', ['b', 'a']),
    instances('shop', [3700, 3701], { type: 'web', drain: 30, stop: 15 }),
    link('/etc/b.conf', 'a.conf'),
    monitorCheck('shop-3700'),
    aptPackage('nginx', '1.22.1-9'),
    setting('timezone', 'Etc/UTC'),
    sysctl('net.ipv4.ip_local_port_range', '32768 65535'),
    systemUser('shop', { group: 'shop', groups: ['video', 'adm'] }),
    unit('nginx.service', {
      ...{ enabled: 'enabled', active: 'active', change: 'reload', config: '/etc/nginx' },
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
  assert.equal(stored.items[3]?.content, 'one\n\n|three\nend\n');
});

test('the text of a manifest: header, empty line, items with their content, end', () => {
  const items = [
    file('/etc/a.conf', 'one\n\n|three', { mode: '0640', check: 'nginx' }),
    aptPackage('nginx'),
  ];
  assert.deepEqual(text(manifest('nginx', items), { run: 'r1', lines: ['! x'] }).split('\n'), [
    'keelson 1 nginx',
    'run r1',
    '! x',
    '',
    `file\t/etc/a.conf\towner=root\tgroup=root\tmode=0640\tsha256=${sha256('one\n\n|three\n')}\t@check=nginx`,
    '|one',
    '|',
    '||three',
    'package\tnginx\tstate=installed',
    'end',
    '',
  ]);
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

test('lines of a file end where the host’s tools end them, whatever else JavaScript takes for an end', () => {
  const content = 'a\u2028b\u2029c\u0085d\rê\n\n|x\n';
  const item = file('/etc/a', content);
  assert.equal(itemText(item).split('\n').length, 5);
  const stored = `keelson 1 a\nrun r\n\n${itemText(item)}end\n`;
  assert.equal(parse(stored).items[0]?.content, content);
});

test('content that is no text is refused by the name of its file alone', () => {
  for (const content of ['hunter2\0\n', 'hunter2\ud800\n'])
    assert.throws(() => itemText(file('/etc/a', content)), {
      message: 'file /etc/a: its content is no text',
    });
});
