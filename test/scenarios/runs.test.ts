/** What an app runs: programs of its own and TypeScript, on Debian's Node.js and on one by version. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { testHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { triedOn } from '../harness/releases.ts';
import { assertNothingToDo, assertUntouched, type Stack, testStack } from '../harness/stack.ts';

const server = (mark: string): string => `require('node:http')
  .createServer((_, response) => response.end('${mark} ' + process.version))
  .listen(process.env.PORT, '127.0.0.1');
`;

function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    if (text.startsWith('#!')) chmodSync(join(folder, name), 0o755);
  }
}

const quick = { rollout: { drain: '1s', watch: '0s', answers: 1, start: '20s' }, instances: 2 };

async function refused(stack: Stack, verb: 'preview' | 'up', words: RegExp): Promise<void> {
  const run = await stack.try(verb);
  assert.notEqual(run.code, 0, said(run));
  assert.match(said(run), words);
}

for (const release of triedOn('trixie'))
  test(`a program of the app is its first release, and another the next, on ${release}`, async (t) => {
    const host = await testHost(t, { release, user: 'admin' });
    const stack = await testStack(t, host, {});
    const source = join(stack.directory, 'code');
    write(source, {
      'package.json': '{"scripts": {"start": "node server.js"}}',
      'server.js': server('script'),
      'bin/first': `#!/usr/bin/env node\n${server('first')}`,
    });
    const configure = (app: object) =>
      stack.configure({ apps: { own: { source, domains: ['default'], ...quick, ...app } } });
    const answer = async () => (await ask(host, '/')).body;

    configure({ exec: ['npm', 'start'] });
    await assertUntouched(stack, async () => {
      for (const verb of ['preview', 'up'] as const)
        await refused(
          stack,
          verb,
          /apps\.own\.exec: no npm will be on the server; `npm start` runs `node server\.js`; write start: server\.js/,
        );
    });
    configure({ exec: ['bin/first'], release: undefined });
    await stack.up();
    await assertNothingToDo(stack);
    assert.match(await answer(), /^first v/);

    // The old release has no such program.
    renameSync(join(source, 'bin/first'), join(source, 'bin/second'));
    write(source, { 'bin/second': `#!/usr/bin/env node\n${server('second')}` });
    configure({ exec: ['bin/second'] });
    await stack.up();
    assert.match(await answer(), /^second v/);

    // What runs it cannot be told from here.
    write(source, { 'bin/third': '#!/usr/bin/env ruby\n' });
    configure({ exec: ['bin/third'] });
    await stack.preview();
    await refused(
      stack,
      'up',
      /bin\/third begins with #!\/usr\/bin\/env ruby, which is not on this server; name its package in `packages`/,
    );
    assert.match(await answer(), /^second v/);

    write(source, { 'server.ts': `const mark: string = 'typed';\n${server('typed')}` });
    configure({ start: 'server.ts' });
    await refused(
      stack,
      'preview',
      /apps\.own\.start: server\.ts is TypeScript, which Node\.js runs from 22\.18 on, and here it is (18\.20 \(Debian 12\)|20\.19 \(Debian 13\))/,
    );
    configure({ start: 'server.ts', node: 24 });
    await stack.up();
    await assertNothingToDo(stack);
    const pins = JSON.parse(readFileSync(join(dirname(stack.file), 'node.json'), 'utf8'));
    assert.equal(await answer(), `typed v${pins['24'].version}`);
  });
