/** Kept releases: which one an app goes back to, and how the stack file is told. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { goalOf, type Kept, parseKept, shortOf } from '../../../tools/operate/kept.ts';
import { notPinned, pinned } from '../../../tools/operate/pin.ts';
import { scratchDirectory } from '../scratch.ts';

const hash = (digit: string): string => digit.repeat(64);
const kept = (digit: string, state: Kept['state']): Kept => ({
  ...{ release: hash(digit), state, unpacked: 1, since: undefined, by: '' },
});
const servers = (all: Record<string, Kept[]>) =>
  new Map(Object.entries(all).map(([name, kept]) => [{ name }, kept]));

test('the helper’s lines', () => {
  const said = `${hash('a')}\tcurrent\t100\t200\tadmin from 192.0.2.7\n${hash('b')}\tfailed\t50\t\t\n`;
  assert.deepEqual(parseKept(said), [
    { release: hash('a'), state: 'current', unpacked: 100, since: 200, by: 'admin from 192.0.2.7' },
    { release: hash('b'), state: 'failed', unpacked: 50, since: undefined, by: '' },
  ]);
});

test('the release before is the next older one that is good', () => {
  const all = [kept('d', 'kept'), kept('c', 'current'), kept('b', 'failed'), kept('a', 'kept')];
  assert.equal(goalOf('shop', servers({ web1: all })), hash('a'));
  assert.equal(goalOf('shop', servers({ web1: all }), 'dd'), hash('d'));
});

test('all servers go back to the same one, or none does', () => {
  const one = [kept('b', 'current'), kept('a', 'kept')];
  const other = [kept('c', 'current'), kept('b', 'kept')];
  assert.throws(
    () => goalOf('shop', servers({ web1: one, web2: other })),
    /shop: the servers would go back to different releases \(aaaaaaaa on web1, bbbbbbbb on web2\); name one/,
  );
  assert.throws(
    () => goalOf('shop', servers({ web1: one, web2: other }), 'a'),
    /shop: there is no release a alone on web2; kept there: bbbbbbbb/,
  );
  assert.throws(
    () => goalOf('shop', servers({ web1: [kept('b', 'current')] })),
    /shop: there is no release before the current one on web1; kept there: none/,
  );
});

test('digits that YAML would take for a number are followed by more', () => {
  assert.equal(shortOf('ab12345678'), 'ab123456');
  assert.equal(shortOf('12345678901ab'), '12345678901a');
  assert.equal(shortOf('1234567e89012f'), '1234567e89012f');
});

const file = `# ours
config:
  keelson:apps:
    shop: # sells
        source: ../shop
        start: server.js
    blog: {source: ../blog, release: "old"}
    wiki: { source: ../wiki }
`;

test('the line is put into the stack file, of which all else stays as it is', () => {
  assert.equal(
    pinned(file, 'shop', '03e81031'),
    file.replace('        source: ../shop', '        release: "03e81031"\n        source: ../shop'),
  );
  assert.equal(pinned(file, 'blog', '03e81031'), file.replace('"old"', '"03e81031"'));
  assert.equal(
    pinned(file, 'wiki', '1234567e8'),
    file.replace('{ source: ../wiki', '{ release: "1234567e8", source: ../wiki'),
  );
  for (const app of ['shop', 'blog', 'wiki'])
    assert.equal(
      parse(pinned(file, app, '12345678') ?? '').config['keelson:apps'][app].release,
      '12345678',
    );
});

const releaseOf = (text: string | undefined, app: string): string =>
  parse(text ?? '').config['keelson:apps'][app].release;

test('an app that another file describes gets a line of its own, quoted, and all else stays', () => {
  const shared = `# top
config:
  # both
  keelson:extends: [a.yaml,   b.yaml]   # and these
  pulumi:x: 'quoted' # so
`;
  const lines = '  keelson:apps:\n    shop:\n      release: "12345678"\n';
  for (const end of ['', '# end\n', 'secretsprovider: x\n', '  y: |\n    text\n', '\n\nz: 1\n']) {
    const [first, rest] = end.startsWith('  ') ? [shared + end, ''] : [shared, end];
    assert.equal(pinned(first + rest, 'shop', '12345678'), first + lines + rest);
  }
  assert.equal(pinned(shared.trimEnd(), 'shop', '12345678'), shared + lines);
  assert.equal(pinned(file, 'mail', '12345678'), `${file}    mail:\n      release: "12345678"\n`);
  const flows = [
    'config: {}',
    'config: { keelson:apps: {} }',
    'config: { keelson:apps: { a: {} } }',
  ];
  for (const flow of flows) assert.equal(releaseOf(pinned(flow, 'a', '12345678'), 'a'), '12345678');
});

test('a file that says apps in another way is left alone', () => {
  const anchored = 'config:\n  keelson:apps:\n    a: &a { source: x }\n    b: *a\n';
  assert.equal(pinned(anchored, 'b', '12345678'), undefined);
  assert.equal(releaseOf(pinned(anchored, 'a', '12345678'), 'b'), '12345678');
  for (const other of ['', 'config:\n', 'config:\n  keelson:apps:\n    a:\n', 'config: [\n'])
    assert.equal(pinned(other, 'a', '12345678'), undefined, other);
});

test('a server whose own settings name another release is told', () => {
  const scratch = scratchDirectory('pin');
  mkdirSync(join(scratch, 'shop'));
  const path = join(scratch, 'Pulumi.live.yaml');
  const text = `config:
  keelson:apps:
    shop: { source: ${join(scratch, 'shop')}, start: server.js, domains: [shop.example.com] }
  keelson:servers:
    web1: { address: web1.example.com }
    web2: { address: web2.example.com, apps: { shop: { release: "87654321" } } }
`;
  writeFileSync(path, pinned(text, 'shop', '12345678') ?? '');
  assert.deepEqual(notPinned(path, 'shop', '12345678'), ['web2']);
  assert.deepEqual(notPinned(path, 'shop', '87654321'), ['web1']);
});
