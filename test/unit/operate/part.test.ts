/** Apps and members as people name them, and what the commands answer of each. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobsOf, nameOf, partOf, withMembers } from '../../../tools/operate/part.ts';
import type { Server, Stack } from '../../../tools/operate/stack.ts';
import { called, nowhere } from '../called.ts';
import { scratchDirectory } from '../scratch.ts';
import { cleanup, shop } from '../shop.ts';

const also = {
  mail: { type: 'worker', start: 'mail.js' },
  clean: { type: 'job', start: 'clean.js' },
};
const web1: Server = {
  ...{ name: 'web1', way: { name: 'web1', address: '127.0.0.1' } },
  apps: [shop({ also }), cleanup()],
};
const stack: Stack = { name: 'live', file: 'x', servers: [web1], atOnce: 1 };

test('a name is an app or a member of one, and what is none is told with what may be meant', () => {
  assert.deepEqual(partOf(stack, 'shop'), { app: 'shop', type: 'web' });
  assert.deepEqual(partOf(stack, 'shop-clean'), { app: 'shop', member: 'clean', type: 'job' });
  assert.throws(
    () => partOf(stack, 'shop-mial'),
    /^Error: shop-mial is not an app of live; did you mean shop-mail\?/,
  );
});

test('an app stands for its members too, a member for itself', () => {
  const names = (name: string) => withMembers(web1, partOf(stack, name)).map(nameOf);
  assert.deepEqual(names('shop'), ['shop', 'shop-mail', 'shop-clean']);
  assert.deepEqual(names('shop-mail'), ['shop-mail']);
  assert.deepEqual(jobsOf(stack, 'shop'), ['shop-clean']);
});

const project = scratchDirectory('part');
mkdirSync(join(project, 'app'));
writeFileSync(join(project, 'Pulumi.yaml'), 'name: a\nruntime: nodejs\n');
writeFileSync(
  join(project, 'Pulumi.live.yaml'),
  `config:
  keelson:server: { address: 127.0.0.1, port: 1, hostKey: "ssh-ed25519 ${'A'.repeat(68)}" }
  keelson:apps:
    shop: { source: app, start: a.js, domains: [a.de], also: ${JSON.stringify(also)} }
    docs: { type: static, source: app, domains: [b.de] }
    nightly: { type: job, source: app, start: a.js }
`,
);

async function typed(...args: string[]): Promise<string> {
  const env = { ...nowhere, HOME: project };
  const { status, stdout, stderr } = await called(args, { cwd: project, env });
  assert.equal(status, 1, stdout);
  return stderr.trim().replace(/^keelson \w+: /, '');
}

const answers: [string, string][] = [
  ['restart live docs', 'docs is static: nothing of it runs, nginx reads its files'],
  ['restart live nightly', 'nightly is a job: nothing of it runs in between; `run` runs it now'],
  [
    'restart live shop-mail',
    'shop-mail is a member of shop, and is started anew with it: restart shop',
  ],
  ['run live docs -- ls', 'docs is static: it has no user that a command could run as'],
  ['run live shop-mail -- ls', 'shop-mail is a member of shop: run the command as that, shop'],
  ['run live docs', 'docs is no job: write a command after --'],
  ['run live shop', 'shop is no job: write a command after --, or run its job shop-clean'],
];

for (const [line, said] of answers)
  test(`keelson ${line}: ${said}`, async () => assert.equal(await typed(...line.split(' ')), said));

test('a job is asked for at its server', async () => {
  for (const name of ['nightly', 'shop-clean'])
    assert.match(
      await typed('run', 'live', name),
      /^server server \(root@127\.0\.0\.1:1\): no SSH agent/,
    );
});
