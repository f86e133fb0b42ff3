/** What an app runs, looked for in its release and held against its Node.js, before a server is touched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRuns, scriptOf } from '../../../components/app/code/runs.ts';
import { checkTypeScript } from '../../../components/app/code/typescript.ts';
import type { Entry } from '../../../components/lib/entry.ts';
import { follow } from '../../../components/lib/follow.ts';
import { mailer, shop } from '../shop.ts';

/** A release: `→ ` begins a link, `x ` what may be executed, and the rest is content. */
function release(files: Record<string, string>): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [name, text] of Object.entries(files)) {
    const parts = name.split('/');
    for (let at = 1; at < parts.length; at++) {
      const above = parts.slice(0, at).join('/');
      entries.set(above, { type: 'directory', name: above });
    }
    const content = () => Buffer.from(text.replace(/^x /, ''), 'latin1');
    const file: Entry = { type: 'file', name, executable: text.startsWith('x '), content };
    const target = text.slice(2);
    entries.set(name, text.startsWith('→ ') ? { type: 'symlink', name, target } : file);
  }
  return entries;
}

const code = release({
  'server.js': '',
  'dist/main.js': '',
  'dist/index.js': '',
  'package.json': JSON.stringify({
    scripts: {
      start: 'node dist/main.js --port 1',
      web: 'next start -p 80',
      build: 'tsc && vite build',
      env: 'NODE_ENV=production node x.js',
      migrate: 'node dist/main.js',
      other: 'nope --x',
      bad: 7,
    },
  }),
  'node_modules/.pnpm/next@1/node_modules/next/dist/bin/next': 'x #!/usr/bin/env node\n',
  'node_modules/next': '→ .pnpm/next@1/node_modules/next',
  'node_modules/.bin/next': '→ ../next/dist/bin/next',
  'node_modules/.bin/prisma': 'x #!/bin/sh\nbasedir=x\n',
  'bin/good': 'x #!/usr/bin/env node\n',
  'bin/own': 'x #!/usr/bin/node\n',
  'bin/local': 'x #!/usr/local/bin/node\n',
  'bin/tsx': 'x #!/usr/bin/env -S tsx --x\n',
  'bin/windows': 'x #!/usr/bin/env node\r\n',
  'bin/options': 'x #!/usr/bin/env -S node --enable-source-maps\n',
  'bin/python': 'x #!/usr/bin/python3\n',
  'bin/plain': 'x console.log(1)\n',
  'bin/elf': 'x \x7fELF\x02',
  'bin/bun': 'x \x7fELF\x02',
  'bin/flat': '#!/bin/sh\n',
  'loop/a': '→ b',
  'loop/b': '→ a',
  out: '→ ../../etc/passwd',
  root: '→ /etc/passwd',
});

/** What is wrong, with its setting. */
function fault(given: object, app = shop): string | undefined {
  try {
    checkRuns(app(given), code);
    return undefined;
  } catch (error) {
    const { setting, message } = error as Error & { setting: string };
    return `${setting}: ${message}`;
  }
}
const exec = (...words: string[]) => fault({ start: undefined, exec: words });
const before = (...words: string[]) => fault({ rollout: { before: words } });

test('a path is followed through links, as far as the release goes', () => {
  const names = (path: string) => follow(code, path)?.name;
  const next = 'node_modules/.pnpm/next@1/node_modules/next/dist/bin/next';
  assert.equal(names('node_modules/next/dist/bin/next'), next);
  assert.equal(names('node_modules/.bin/next'), next);
  assert.equal(names('./dist/../server.js'), 'server.js');
  assert.equal(names('dist'), 'dist');
  for (const path of ['loop/a', 'out', 'root', 'server.js/x', '../server.js', 'none', '', '.'])
    assert.equal(names(path), undefined, path);
});

test('Bun runs apps as well, from the server or out of the release; as a name alone it is nowhere', () => {
  assert.equal(exec('/opt/bun/bin/bun', 'server.ts'), undefined);
  assert.equal(exec('bin/bun', 'server.ts'), undefined);
  assert.equal(before('bin/bun', 'migrate.ts'), undefined);
  assert.equal(
    exec('bun', 'server.ts'),
    'exec: no bun will be on the server; write what it runs, such as start: server.js',
  );
  assert.match(exec('lib/bun', 'server.ts') ?? '', /^exec: no bun will be on the server/);
  assert.match(exec('/usr/bin/npm', 'start') ?? '', /^exec: no npm will be on the server/);
});

test('a program of the app is looked for in its release', () => {
  for (const path of ['bin/good', 'bin/python', 'bin/elf', 'node_modules/.bin/next', './bin/good'])
    if (!path.startsWith('./')) assert.equal(exec(path), undefined, path);
  assert.equal(exec('/srv/shop/current/bin/good'), undefined);
  assert.equal(exec('/usr/bin/python3', 'x.py'), undefined);
  const table: [string, string][] = [
    ['bin/none', 'the app holds no bin/none; build the app first, or mend the path'],
    ['/srv/shop/current/no', 'the app holds no no; build the app first, or mend the path'],
    ['next', 'the app holds no next; write node_modules/.bin/next'],
    ['dist', 'dist of the app is a directory; build the app first, or mend the path'],
    ['bin/flat', 'bin/flat is not executable; chmod +x it, or run it with node'],
    [
      'bin/plain',
      'bin/plain does not say what runs it; begin it with #!/usr/bin/env node, or give it to node',
    ],
    [
      'bin/windows',
      'bin/windows has the line breaks of Windows, so that its first line names no program; save it with those of Unix',
    ],
    [
      'bin/local',
      'bin/local begins with #!/usr/local/bin/node, which will not be on the server; begin it with #!/usr/bin/env node, or give its script to node',
    ],
    [
      'bin/tsx',
      'bin/tsx begins with #!/usr/bin/env -S tsx --x, and no tsx will be on the server; begin it with #!/usr/bin/env node, or give its script to node',
    ],
  ];
  for (const [path, said] of table) assert.equal(exec(path), `exec: ${said}`);
});

test('one that names Debian’s Node.js is for apps that have it', () => {
  assert.equal(exec('bin/own'), undefined);
  const node = { version: '24.1.0', path: 'n.tgz', sha256: '0'.repeat(64) };
  assert.match(
    fault({ node, start: undefined, exec: ['bin/own'] }) ?? '',
    /^exec: bin\/own begins with #!\/usr\/bin\/node, Debian’s Node.js, and the app has one of its own/,
  );
});

test('a package manager is told, and what it would run is what to write', () => {
  const table: [string[], string][] = [
    [
      ['npm', 'start'],
      'no npm will be on the server; `npm start` runs `node dist/main.js --port 1`; write start: dist/main.js and args: [--port, 1]',
    ],
    [
      ['npm', 'run', 'web'],
      'no npm will be on the server; `npm run web` runs `next start -p 80`; write exec: [node_modules/.bin/next, start, -p, 80]',
    ],
    [
      ['pnpm', 'migrate'],
      'no pnpm will be on the server; `pnpm migrate` runs `node dist/main.js`; write start: dist/main.js',
    ],
    [
      ['npx', '--yes', 'next', 'start'],
      'no npx will be on the server; write exec: [node_modules/.bin/next, start]',
    ],
    [
      ['yarn', 'build'],
      'no yarn will be on the server; `yarn build` runs `tsc && vite build`; write that as a command without a shell, its variables in env',
    ],
    [
      ['npm', 'run', 'env'],
      'no npm will be on the server; `npm run env` runs `NODE_ENV=production node x.js`; write that as a command without a shell, its variables in env',
    ],
    [
      ['npm', 'run', 'other'],
      'no npm will be on the server; `npm run other` runs `nope --x`; write exec: [PATH, --x] with the path of nope in the app, which holds no node_modules/.bin/nope',
    ],
    [
      ['/usr/bin/npm', 'run', 'bad'],
      'no npm will be on the server; write what it runs, such as start: server.js',
    ],
    [['npm', 'ci'], 'no npm will be on the server; write what it runs, such as start: server.js'],
  ];
  for (const [words, said] of table) assert.equal(exec(...words), `exec: ${said}`);
  assert.equal(
    before('npm', 'run', 'migrate'),
    'rollout.before: no npm will be on the server; `npm run migrate` runs `node dist/main.js`; write before: [node, dist/main.js]',
  );
});

test('hooks and health commands are looked for as they will be started', () => {
  assert.equal(before('node', 'dist/main.js'), undefined);
  assert.equal(before('node', '--no-warnings', 'dist'), undefined);
  assert.equal(before('node', '-e', 'x'), undefined);
  assert.equal(before('node', '/opt/x.js'), undefined);
  assert.equal(before('/bin/cp', '-n', 'a', 'b'), undefined);
  assert.equal(before('psql', '-f', 'x'), undefined);
  // What has no first line /usr/bin/env gives to a shell.
  assert.equal(before('bin/plain'), undefined);
  assert.equal(
    before('node', 'dist/migrate.js'),
    'rollout.before: the app holds no dist/migrate.js; build the app first, or mend the path',
  );
  assert.equal(
    before('prisma', 'migrate'),
    'rollout.before: prisma is looked for among the programs of the server, not of the app; write node_modules/.bin/prisma',
  );
  assert.match(before('dist/no.sh') ?? '', /^rollout\.before: the app holds no dist\/no\.sh/);
  assert.match(
    fault({ start: 'server.js', healthy: { command: ['node', 'ping.js'] } }, mailer as never) ?? '',
    /^healthy\.command: the app holds no ping\.js/,
  );
  assert.match(fault({ rollout: { after: ['npx', 'x'] } }) ?? '', /^rollout\.after: no npx/);
});

test('a start that is a shell script, as pnpm makes them, is no script of Node.js', () => {
  for (const start of ['node_modules/.bin/next', 'bin/own', 'bin/windows', 'bin/options'])
    assert.equal(fault({ start }), undefined, start);
  assert.equal(
    fault({ start: 'node_modules/.bin/prisma' }),
    'start: node_modules/.bin/prisma is no JavaScript but begins with #!/bin/sh; name the script that it starts, or give exec: [node_modules/.bin/prisma]',
  );
});

test('the script among the arguments of Node.js, where it can be told', () => {
  const table: [string[], string | undefined][] = [
    [['a.js', '-x'], 'a.js'],
    [['--max-old-space-size=100', 'a.js'], 'a.js'],
    [['--import', 'tsx', 'a.ts'], undefined],
    [['--import=tsx', 'a.ts'], 'a.ts'],
    [['-r', 'x', 'a.js'], undefined],
    [['--test'], undefined],
  ];
  for (const [words, script] of table) assert.equal(scriptOf(words), script, words.join(' '));
});

test('TypeScript needs a Node.js that runs it', () => {
  const told = (given: object, version = '13'): string | undefined => {
    try {
      checkTypeScript(shop(given), { version });
      return undefined;
    } catch (error) {
      const { setting, message } = error as Error & { setting: string };
      return `${setting}: ${message}`;
    }
  };
  const node = (version: string) => ({ version, path: 'n.tgz', sha256: '0'.repeat(64) });
  const says = (script: string, since: string, here: string) =>
    `${script} is TypeScript, which Node.js runs from ${since} on, and here it is ${here}; choose a newer one as \`node\`, or build the app`;
  assert.equal(told({ start: 'a.ts' }), `start: ${says('a.ts', '22.18', '20.19 (Debian 13)')}`);
  assert.equal(
    told({ start: 'a.mts' }, '12'),
    `start: ${says('a.mts', '22.18', '18.20 (Debian 12)')}`,
  );
  const right = ['22.18.0', '22.20.1', '23.6.0', '24.0.0', '26.10.0'];
  for (const version of right)
    assert.equal(told({ start: 'a.ts', node: node(version) }), undefined);
  for (const version of ['20.19.0', '22.17.1', '23.5.0'])
    assert.equal(
      told({ start: 'a.ts', node: node(version) }),
      `start: ${says('a.ts', '22.18', version)}`,
    );
  const flag = { start: 'a.ts', nodeArgs: ['--experimental-strip-types'] };
  assert.equal(told({ ...flag, node: node('22.6.0') }), undefined);
  assert.equal(told({ ...flag, node: node('22.5.0') }), `start: ${says('a.ts', '22.6', '22.5.0')}`);
  assert.equal(told({ start: 'a.ts', nodeArgs: ['--import=tsx'] }), undefined);
  for (const options of ['--import tsx', '--enable-source-maps -r ts-node/register'])
    assert.equal(told({ start: 'a.ts', env: { NODE_OPTIONS: options } }), undefined, options);
  assert.match(told({ start: 'a.ts', env: { NODE_OPTIONS: '--no-warnings' } }) ?? '', /^start: a/);
  assert.equal(told({ start: 'a.ts' }, '14'), undefined);
  assert.equal(told({ start: 'a.js' }, '12'), undefined);
  assert.equal(
    told({ start: 'a.tsx', node: node('24.0.0') }),
    'start: Node.js runs no .tsx; build a.tsx, and name the result',
  );
  assert.match(told({ rollout: { before: ['node', 'm.ts'] } }) ?? '', /^rollout\.before: m\.ts is/);
  assert.match(told({ start: undefined, exec: ['node', 'm.ts'] }) ?? '', /^exec: m\.ts is/);
});
