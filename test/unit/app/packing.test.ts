import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import { packRelease } from '../../../components/app/packing.ts';
import { membersOf } from '../../../components/lib/tarball.ts';
import { scratchDirectory } from '../scratch.ts';
import { shop } from '../shop.ts';

const scratch = scratchDirectory('release');

let count = 0;

/** A directory with these files; a value that begins with `→ ` is a link. */
function directory(files: Record<string, string>): string {
  const root = join(scratch, `source-${count++}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    if (content.startsWith('→ ')) symlinkSync(content.slice(2), join(root, name));
    else writeFileSync(join(root, name), content);
  }
  return root;
}

/** A tarball with these members, written in this order. */
async function tarball(members: [Partial<Header> & { name: string }, string?][], zipped = true) {
  const archive = pack();
  for (const [header, content] of members) archive.entry(header, content ?? '');
  archive.finalize();
  const bytes = await buffer(archive);
  const path = join(scratch, `${count++}.tar.gz`);
  writeFileSync(path, zipped ? gzipSync(bytes) : bytes);
  return path;
}

const app = (source: unknown, given: object = {}) => shop({ source, ...given });
const small = { 'server.js': 'listen()', 'lib/a.js': 'a' };

async function members(archive: string | undefined): Promise<Header[]> {
  assert.ok(archive);
  const reader = extract();
  reader.end(gunzipSync(readFileSync(archive)));
  const headers: Header[] = [];
  for await (const entry of reader) {
    headers.push(entry.header);
    entry.resume();
  }
  return headers;
}

const names = async (source: string): Promise<string[]> =>
  (await members((await packRelease(app(source))).archive)).map(({ name }) => name);

test('the same content packs to the same bytes, whatever its times, modes and order on disk', async () => {
  const first = directory(small);
  const second = directory(Object.fromEntries(Object.entries(small).reverse()));
  utimesSync(join(second, 'server.js'), 1, 1);
  chmodSync(join(second, 'server.js'), 0o600);
  const release = await packRelease(app(first));
  assert.equal((await packRelease(app(second))).hash, release.hash);
  const tar = gunzipSync(readFileSync(release.archive ?? ''));
  assert.equal(createHash('sha256').update(tar).digest('hex'), release.hash);
});

test('the hash of a small release does not change with a new version of this kit', async () => {
  const { hash } = await packRelease(app(directory(small)));
  assert.equal(hash, '64829b733b670c4ff56c56b51ac6146625f684d889d589ff4e457b4f486dbf40');
});

test('a name, a byte or an executable bit is another release', async () => {
  const { hash } = await packRelease(app(directory(small)));
  const executable = directory(small);
  chmodSync(join(executable, 'server.js'), 0o755);
  for (const other of [
    directory({ ...small, 'lib/b.js': '' }),
    directory({ ...small, 'lib/a.js': 'b' }),
    executable,
  ])
    assert.notEqual((await packRelease(app(other))).hash, hash);
});

test('members: sorted, root’s, mode 0644 or 0755, and a time that follows the content', async () => {
  const root = directory({ ...small, 'bin/run': '#!/bin/sh', 'lib/link': '→ ../server.js' });
  chmodSync(join(root, 'bin/run'), 0o700);
  const headers = await members((await packRelease(app(root))).archive);
  assert.deepEqual(
    headers.map(({ name, type, mode = 0, uid, gid }) => [name, type, mode.toString(8), uid, gid]),
    [
      ['bin', 'directory', '755', 0, 0],
      ['bin/run', 'file', '755', 0, 0],
      ['lib', 'directory', '755', 0, 0],
      ['lib/a.js', 'file', '644', 0, 0],
      ['lib/link', 'symlink', '755', 0, 0],
      ['server.js', 'file', '644', 0, 0],
    ],
  );
});

test('the time of a file follows its content: a changed file of the same size is another one', async () => {
  const times = async (files: Record<string, string>) => {
    const all = await members((await packRelease(app(directory(files)))).archive);
    return Object.fromEntries(all.map(({ name, mtime }) => [name, mtime?.getTime() ?? 0]));
  };
  const first = await times({ 'server.js': 'one', 'a.js': 'same', 'b.js': 'same' });
  const second = await times({ 'server.js': 'two', 'a.js': 'same' });
  assert.notEqual(first['server.js'], second['server.js']);
  assert.equal(first['a.js'], second['a.js']);
  assert.equal(first['a.js'], first['b.js']);
  for (const time of Object.values({ ...first, ...second }))
    assert.ok(time >= Date.UTC(2000) && time < Date.UTC(2009));
});

test('what .keelsonignore names stays out; .git and the kit’s own files always do', async () => {
  const root = directory({
    ...small,
    '.keelsonignore': '# rules\n*.log\n/tmp/\n!keep.log\n!.git\n',
    'a.log': '',
    'keep.log': '',
    'tmp/x': '',
    'lib/tmp/y': '',
    '.git/config': '',
    'lib/.git/config': '',
    '.keelson/cache/x': '',
    '.env': '',
  });
  assert.deepEqual(await names(root), [
    '.env',
    'keep.log',
    'lib',
    'lib/a.js',
    'lib/tmp',
    'lib/tmp/y',
    'server.js',
  ]);
});

test('a directory and tarballs of the same content are the same release', async () => {
  const { hash } = await packRelease(app(directory(small)));
  const plain = await tarball([
    [{ name: 'server.js' }, 'listen()'],
    [{ name: 'lib/a.js' }, 'a'],
  ]);
  const open = await tarball(
    [
      [{ name: './lib', type: 'directory' }],
      [{ name: './lib/a.js' }, 'a'],
      [{ name: './server.js' }, 'listen()'],
    ],
    false,
  );
  const nested = await tarball([
    [{ name: 'package/lib/a.js' }, 'a'],
    [{ name: 'package/server.js' }, 'listen()'],
  ]);
  assert.equal((await packRelease(app(plain))).hash, hash);
  assert.equal((await packRelease(app(open))).hash, hash);
  assert.equal((await packRelease(app({ path: nested, strip: 1 }))).hash, hash);
});

test('long names and large files survive', async () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}.js`;
  const root = directory({ ...small, [long]: 'x'.repeat(3_000_000) });
  const headers = await members((await packRelease(app(root))).archive);
  assert.equal(headers.find(({ name }) => name === long)?.size, 3_000_000);
});

test('links that lead out of the release, by whatever way, are refused', async () => {
  for (const target of ['/etc/passwd', '../..', '../../x', '../lib/../../x', 'a/../../..', ''])
    await assert.rejects(
      async () =>
        packRelease(
          app(
            await tarball([
              [{ name: 'server.js' }, ''],
              [{ name: 'lib/l', type: 'symlink', linkname: target }],
            ]),
          ),
        ),
      target === '' ? /link/ : /lib\/l links to .* outside of the release/,
      target,
    );
  await packRelease(
    app(directory({ ...small, 'lib/deep/l': '→ ../../server.js', 'lib/here': '→ .' })),
  );
});

test('tarballs that would write elsewhere, or hold what is no file, are refused', async () => {
  const start: [{ name: string }, string] = [{ name: 'server.js' }, ''];
  const table: [[Partial<Header> & { name: string }, string?][], RegExp][] = [
    [[start, [{ name: '../evil' }, '']], /\.\.\/evil lies outside/],
    [
      [start, [{ name: 'l', type: 'symlink', linkname: 'd' }], [{ name: 'l/x' }, '']],
      /l\/x lies below a symbolic link/,
    ],
    [
      [start, [{ name: 'hard', type: 'link', linkname: 'other.js' }]],
      /hard is a hard link to other\.js, which is no file before it; pack it again with tar --hard-dereference/,
    ],
    [
      [start, [{ name: 'hard', type: 'link', linkname: '/server.js' }]],
      /hard is a hard link to \/server\.js, which is no file/,
    ],
    [
      [start, [{ name: 'd', type: 'directory' }], [{ name: 'h', type: 'link', linkname: 'd' }]],
      /h is a hard link to d, which is no file/,
    ],
    [[start, [{ name: 'pipe', type: 'fifo' }]], /pipe is a fifo/],
    [[start, [{ name: 'two\nlines' }, '']], /not plain text/],
    [[start, [{ name: '/etc/x' }, '']], /\/etc\/x has an absolute name/],
    [
      [start, [{ name: 'server.js/x' }, '']],
      /server\.js\/x lies below server\.js, which is a file/,
    ],
    [[start, [{ name: 'x'.repeat(256) }, '']], /^Error: x{256} has a name of more than 255 bytes/],
    [[start, [{ name: 'é'.repeat(128) }, '']], /^Error: é{128} has a name of more than 255 bytes/],
    [
      [start, [{ name: `${'long/'.repeat(770)}x` }, '']],
      /long\/x has a path of more than 3800 bytes/,
    ],
    [
      [start, [{ name: 'l', type: 'symlink', linkname: 'x'.repeat(4000) }]],
      /^Error: l links to what is no path/,
    ],
    [
      [start, [{ name: 'd', type: 'directory' }], [{ name: 'd' }, '']],
      /d comes twice, as directory and as file/,
    ],
    [[start, [{ name: '.' }, '']], /"\." is no name of a file/],
    [
      [start, [{ name: 'holes', pax: { 'GNU.sparse.major': '1' } }, '']],
      /holes is a file with holes/,
    ],
  ];
  for (const [content, message] of table)
    await assert.rejects(async () => packRelease(app(await tarball(content))), message);
});

test('a hard link is its file once more, as pnpm’s trees have them', async () => {
  const hard = await tarball([
    [{ name: 'package/server.js', mode: 0o755 }, 'old'],
    [{ name: 'package/again.js', type: 'link', linkname: './package/server.js' }],
    [{ name: 'package/server.js' }, 'new'],
  ]);
  const plain = await tarball([
    [{ name: 'again.js', mode: 0o755 }, 'old'],
    [{ name: 'server.js' }, 'new'],
  ]);
  const { hash } = await packRelease(app({ path: hard, strip: 1 }));
  assert.equal((await packRelease(app(plain))).hash, hash);
});

test('two installations of pnpm’s with the same packages are the same release', async () => {
  const installed = (minute: string) =>
    directory({
      ...small,
      'node_modules/.modules.yaml': `prunedAt: ${minute}`,
      'node_modules/.pnpm-workspace-state-v1.json': `{"lastValidatedTimestamp": ${minute}}`,
      'node_modules/.pnpm/lock.yaml': 'packages:',
      'apps/web/node_modules/.modules.yaml': minute,
    });
  assert.deepEqual(await names(installed('1')), [
    ...['apps', 'apps/web', 'apps/web/node_modules', 'lib', 'lib/a.js', 'node_modules'],
    ...['node_modules/.pnpm', 'node_modules/.pnpm/lock.yaml', 'server.js'],
  ]);
  const [one, other] = await Promise.all(
    ['1', '2'].map(async (minute) => (await packRelease(app(installed(minute)))).hash),
  );
  assert.equal(one, other);
});

test('the link to itself that `pnpm deploy` leaves is left out, any other that leads out is not', async () => {
  const link = 'node_modules/.pnpm/node_modules/web';
  const root = directory({ ...small, [link]: '→ ../../../../apps/web' });
  assert.ok(!(await names(root)).includes(link));
  const tar = await tarball([
    [{ name: 'server.js' }, ''],
    [{ name: link, type: 'symlink', linkname: '../../../../apps/web' }],
  ]);
  await packRelease(app(tar));
  const inside = directory({ ...small, [link]: '→ ../../../lib' });
  assert.ok((await names(inside)).includes(link));
  await assert.rejects(
    packRelease(app(directory({ ...small, 'node_modules/@a/lib': '→ ../../../packages/lib' }))),
    {
      message:
        'node_modules/@a/lib links to ../../../packages/lib, outside of the release; a package of the same repository is copied by `pnpm deploy DIRECTORY`, with injectWorkspacePackages in pnpm-workspace.yaml, or `npm install --install-links`, or take the whole repository as source; what nothing needs goes into .keelsonignore',
    },
  );
  // It is told before what cannot be found for it.
  await assert.rejects(
    packRelease(
      app(directory({ 'node_modules/x': '→ ../../x' }), { start: 'node_modules/x/a.js' }),
    ),
    /node_modules\/x links to \.\.\/\.\.\/x, outside of the release/,
  );
  await assert.rejects(packRelease(app(directory({ ...small, out: '→ ../x' }))), {
    message:
      'out links to ../x, outside of the release; link to what is in it, or name it in .keelsonignore',
  });
});

test('a start through links is found, as pnpm makes them', async () => {
  const root = directory({
    'node_modules/.pnpm/next@1/node_modules/next/dist/bin/next': '#!/usr/bin/env node\n',
    'node_modules/next': '→ .pnpm/next@1/node_modules/next',
  });
  await packRelease(app(root, { start: 'node_modules/next/dist/bin/next' }));
});

test('.keelsonignore minds case, as git does on Linux', async () => {
  const root = directory({
    ...small,
    '.keelsonignore': 'Build\n',
    'build/a.js': '',
    'Build/b': '',
  });
  assert.deepEqual(await names(root), ['build', 'build/a.js', 'lib', 'lib/a.js', 'server.js']);
});

test('an archive of another packer names what makes one of gzip of it', async () => {
  for (const [begin, said] of [
    [
      '\xfd7zXZ\0\0',
      /^Error: is packed with xz, and only gzip is read: xz -dc FILE \| gzip >FILE\.tar\.gz$/,
    ],
    ['\x28\xb5\x2f\xfd', /is packed with zstd, and only gzip is read: zstd -dc FILE/],
    ['BZh91AY', /is packed with bzip2/],
    ['PK\x03\x04', /is a zip archive; unpack it, and give the directory/],
  ] as [string, RegExp][])
    await assert.rejects(packRelease(app(raw(Buffer.from(begin, 'latin1')))), said);
});

test('an archive with one directory around everything names strip', async () => {
  const nested = await tarball([
    [{ name: 'shop-1.2.0/lib/a.js' }, 'a'],
    [{ name: 'shop-1.2.0/server.js' }, 'listen()'],
  ]);
  await assert.rejects(packRelease(app(nested)), {
    message:
      'holds no server.js; all of it lies below shop-1.2.0; set strip: 1 for a tarball, or give that directory',
  });
  await assert.rejects(packRelease(app(nested, { start: 'none.js' })), {
    message: 'holds no none.js; build the app first, or mend the path',
  });
});

test('a name in Latin-1 is told as what it is, in a directory and in a tarball', async () => {
  const root = directory({ 'server.js': '', 'lib/a.js': '' });
  writeFileSync(
    Buffer.concat([Buffer.from(join(root, 'lib/')), Buffer.from('Umb\xe9.js', 'latin1')]),
    '',
  );
  const remedy =
    'has a name that is no UTF-8; rename it, such as with convmv -f latin1 -t utf8 -r --notest';
  await assert.rejects(packRelease(app(root)), { message: `"Umbé.js" in lib ${remedy}` });
  const path = join(scratch, `${count++}.tar`);
  execFileSync('tar', ['-C', root, '-cf', path, '.']);
  await assert.rejects(packRelease(app(path)), ({ message }: Error) => {
    assert.ok(message.startsWith('"./lib/Umbé.js" (') && message.endsWith(remedy), message);
    return true;
  });
});

test('two headers for one member, of which tar forgets the first, are refused', async () => {
  const twice = await tarball([
    [{ name: 'server.js' }, 'x'],
    [{ name: 'a', pax: { path: 'A' } }, ''],
  ]);
  const bytes = gunzipSync(readFileSync(twice));
  // Of the second member: the block that says what is said of it, and what that says.
  const header = bytes.subarray(1024, 2048);
  writeFileSync(twice, Buffer.concat([bytes.subarray(0, 1024), header, bytes.subarray(1024)]));
  await assert.rejects(packRelease(app(twice)), /is a second header of one member; pack it again/);
});

test('names that JavaScript or a file system may confuse arrive as they are', async () => {
  const names = [
    '__proto__/constructor',
    'A.js',
    'a.js',
    'e\u0301.js',
    '\u00e9.js',
    '\u2028.js',
    'toString',
  ];
  const given = names.map((name): [{ name: string }, string] => [{ name }, name]);
  const { archive } = await packRelease(
    app(await tarball([[{ name: 'server.js' }, ''], ...given])),
  );
  const packed = (await members(archive)).filter(({ type }) => type === 'file');
  assert.deepEqual(packed.map(({ name }) => name).sort(), [...names, 'server.js'].sort());
});

test('what comes twice is as it was the last time; two names that strip makes one are refused', async () => {
  const twice = await tarball([
    [{ name: 'server.js' }, 'old'],
    [{ name: 'd', type: 'directory' }],
    [{ name: './d/', type: 'directory' }],
    [{ name: './server.js' }, 'new'],
  ]);
  const once = await tarball([[{ name: 'd', type: 'directory' }], [{ name: 'server.js' }, 'new']]);
  assert.equal((await packRelease(app(twice))).hash, (await packRelease(app(once))).hash);
  const both = await tarball([
    [{ name: 'a/server.js' }, '1'],
    [{ name: 'b/server.js' }, '2'],
  ]);
  await assert.rejects(
    packRelease(app({ path: both, strip: 1 })),
    /b\/server\.js and a\/server\.js are one, server\.js, with strip: 1/,
  );
});

/** Bytes of a tarball as a test wants them, in a file. */
function raw(bytes: Buffer): string {
  const path = join(scratch, `${count++}.tar`);
  writeFileSync(path, bytes);
  return path;
}

test('an archive that is cut short, damaged, or followed by another is refused, and names where', async () => {
  const good = readFileSync(
    await tarball(
      [
        [{ name: 'server.js' }, 'x'.repeat(600)],
        [{ name: 'last.js' }, 'y'],
      ],
      false,
    ),
  );
  const damaged = Buffer.from(good);
  damaged[1540] = 0x58;
  const table: [Buffer, RegExp][] = [
    [good.subarray(0, 1000), /breaks off within server\.js/],
    [good.subarray(0, 1536), /breaks off after server\.js/],
    [good.subarray(0, 0), /breaks off at its beginning/],
    [damaged, /damaged after server\.js/],
    [Buffer.concat([good, good]), /holds more after its end, behind last\.js/],
    [Buffer.from('#!/bin/sh\n'.repeat(100)), /is no tarball/],
    [gzipSync(good).subarray(0, 60), /cannot be unpacked by gzip/],
  ];
  for (const [bytes, message] of table)
    await assert.rejects(packRelease(app(raw(bytes))), message, String(message));
});

test('an archive that unpacks to more than any code is refused', () => {
  const bomb = gzipSync(Buffer.alloc(3 * 1024 ** 2));
  assert.throws(() => [...membersOf(bomb, 2 * 1024 ** 2)], /unpacks to more than 2 MiB/);
});

test('what was packed is for nobody else to read, also what lay there wider', async () => {
  const source = directory(small);
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  const { archive = '' } = await packRelease(app(source));
  assert.deepEqual([mode(archive), mode(dirname(archive))], ['600', '700']);
  chmodSync(archive, 0o644);
  chmodSync(dirname(archive), 0o755);
  await packRelease(app(source));
  assert.deepEqual([mode(archive), mode(dirname(archive))], ['600', '700']);
});

test('what the app needs and was not built is told before a host is touched', async () => {
  const root = directory(small);
  await assert.rejects(
    packRelease(app(root, { start: 'dist/main.js', static: { '/a': 'public' } })),
    {
      message: 'holds no dist/main.js and no public; build the app first, or mend the path',
    },
  );
  const site = { type: 'static', root: 'dist', notFound: '404.html', start: undefined };
  await assert.rejects(packRelease(app(root, site)), {
    message: 'holds no dist/index.html and no dist/404.html; build the app first, or mend the path',
  });
  await packRelease(app(root, { start: 'server' }));
  await assert.rejects(packRelease(app('nowhere')), {
    message: 'nowhere does not exist; give a directory or a tarball',
  });
});

test('apps of the same code are packed at the same time', async () => {
  // Not packed already by a run before.
  const code = { ...small, mark: `${process.pid}-${Date.now()}` };
  const sources = Array.from({ length: 4 }, () => directory(code));
  const all = await Promise.all(sources.map((source) => packRelease(app(source))));
  assert.equal(new Set(all.map(({ hash }) => hash)).size, 1);
  for (const { archive } of all) assert.equal((await members(archive)).length, 4);
});

test('paths that are kept outside of the release are links in it, and what the source has there is left out', async () => {
  const source = directory({ ...small, 'public/uploads/a.png': 'a', 'public/b.css': 'b' });
  const linked = ['public/uploads', '.next/cache'];
  const { hash, archive } = await packRelease(app(source, { linked }));
  const all = (await members(archive)).map(({ name, type, linkname }) => [name, type, linkname]);
  assert.deepEqual(
    all.filter(([name = '']) => !/^(server|lib)/.test(String(name))),
    [
      ['.next', 'directory', null],
      ['.next/cache', 'symlink', '/srv/shop/linked/.next/cache'],
      ['public', 'directory', null],
      ['public/b.css', 'file', null],
      ['public/uploads', 'symlink', '/srv/shop/linked/public/uploads'],
    ],
  );
  const without = directory({ ...small, 'public/b.css': 'b' });
  assert.equal((await packRelease(app(without, { linked }))).hash, hash);
  assert.notEqual((await packRelease(app(without))).hash, hash);
});

test('paths that are one release’s own lead to a place of its own, and what the source has there is left out', async () => {
  const scratch = ['.next/pages'];
  const pack = async (files: object, more: object = {}) => {
    const { hash, archive } = await packRelease(
      app(directory({ ...small, ...files }), { scratch, ...more }),
    );
    const link = (await members(archive)).find(({ name }) => name === '.next/pages');
    return { hash, target: String(link?.linkname) };
  };
  const first = await pack({ '.next/pages/a.html': 'of the build' });
  assert.match(first.target, /^\/srv\/shop\/\.scratch\/[0-9a-f]{16}\/\.next\/pages$/);
  assert.deepEqual(await pack({}), first);
  const targets = [
    first,
    await pack({ 'b.js': '1' }),
    await pack({ 'b.js': '2' }),
    await pack({}, { scratch: [...scratch, 'made'] }),
  ].map(({ target }) => target);
  assert.equal(new Set(targets).size, 4, targets.join('\n'));
});

test('a path outside of the release below a file of it is refused, and one in place of a link takes it', async () => {
  const file = directory({ ...small, public: 'no directory' });
  await assert.rejects(
    packRelease(app(file, { linked: ['public/uploads'] })),
    /lies below "?public"?, which is a file/,
  );
  const link = directory({ ...small, uploads: '→ ../elsewhere' });
  await packRelease(app(link, { linked: ['uploads'] }));
});
