import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFacts } from '../../components/host/facts.ts';
import { parseProbe } from '../../components/host/probe.ts';

const lines = (more: Record<string, string> = {}): string[] =>
  Object.entries({
    id: 'debian',
    codename: 'bookworm',
    version: '12',
    architecture: 'amd64',
    cores: '4',
    memoryMiB: '3936',
    hostname: 'web1',
    sshd: '[::]:22 0.0.0.0:22',
    systemd: '252',
    ...more,
  }).map(([key, value]) => `${key}\t${value}`);

test('facts and memory are read from the lines that a host prints', () => {
  const output = [
    ...lines({ helper: 'abc', helperMode: 'root:root 755' }),
    'header\tnginx run r7',
    'header\tnginx ! file /etc/a mode 0666 → 0644 (drift)',
    'manifest\tnginx def',
    'blob\t123 r5',
    'release\tshop aaa',
    'release\tshop bbb',
    'failed\tshop bbb',
  ].join('\n');
  const { facts, memory } = parseFacts(output);
  assert.equal(facts.cores, 4);
  assert.deepEqual(facts.releases, { shop: ['aaa', 'bbb'] });
  assert.deepEqual(facts.failed, { shop: ['bbb'] });
  assert.equal(memory.helper, 'abc');
  assert.deepEqual(memory.blobs, new Map([['123', 'r5']]));
  assert.deepEqual(memory.manifests.get('nginx'), {
    header: { run: 'r7', lines: ['! file /etc/a mode 0666 → 0644 (drift)'] },
    hash: 'def',
  });
});

test('a helper that others may write counts as missing', () => {
  const { memory } = parseFacts(lines({ helper: 'abc', helperMode: 'root:root 777' }).join('\n'));
  assert.equal(memory.helper, '');
});

test('a host that the kit does not support is refused with the reason', () => {
  const refused = (more: Record<string, string>, message: RegExp) =>
    assert.throws(() => parseFacts(lines(more).join('\n')), message);
  refused({ id: 'ubuntu', version: '24.04' }, /runs ubuntu 24.04; Keelson supports Debian 12/);
  refused({ version: '11' }, /runs debian 11; Keelson supports Debian 12/);
  refused({ systemd: '0' }, /does not run systemd as PID 1/);
});

test('the answer of a probe is read into observations, texts and earlier manifests', () => {
  const { observed, texts, applied, unfinished } = parseProbe(
    [
      'file\t/etc/a\towner=root\tmode=0666',
      'package\tnginx\tstate=missing',
      'text\t/etc/a',
      '|one',
      '|',
      '|file\t/etc/not-an-item',
      'memory\tnginx',
      '|keelson 1 nginx',
      '|run r1',
      '|',
      '|file\t/etc/a\towner=root',
      '||one',
      '|end',
      'unfinished\tnginx',
      '|keelson 1 nginx',
      '|run r2',
      '|',
      '|link\t/etc/b\ttarget=a',
      '|end',
      '',
    ].join('\n'),
  );
  assert.deepEqual(observed.get('file /etc/a'), { owner: 'root', mode: '0666' });
  assert.deepEqual(observed.get('package nginx'), { state: 'missing' });
  assert.equal(texts.get('/etc/a'), 'one\n\nfile\t/etc/not-an-item\n');
  assert.deepEqual(applied.get('nginx'), [
    { kind: 'file', name: '/etc/a', state: { owner: 'root' }, instructions: {}, content: 'one\n' },
  ]);
  assert.deepEqual(unfinished.get('nginx'), [
    { kind: 'link', name: '/etc/b', state: { target: 'a' }, instructions: {} },
  ]);
});
