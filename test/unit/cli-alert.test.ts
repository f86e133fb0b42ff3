/** `keelson alert`, as far as it needs no host. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { called } from './called.ts';
import { scratchDirectory } from './scratch.ts';

const project = scratchDirectory('alert');

async function run(args: readonly string[], cwd = project) {
  const { status, stdout, stderr } = await called(['alert', ...args], { cwd });
  return { status, said: `${stdout}${stderr}` };
}

test('what it cannot do is said with what to do', async () => {
  const wrong = await run([], '/');
  assert.equal(wrong.status, 2);
  assert.match(wrong.said, /^Usage: keelson alert STACK \[--server NAME\]$/m);
  assert.deepEqual(await run(['live'], '/'), {
    status: 1,
    said: 'keelson alert: there is no Pulumi.yaml here or above; go to the project\n',
  });
  mkdirSync(join(project, 'stacks'));
  writeFileSync(join(project, 'Pulumi.yaml'), 'name: a\nruntime: nodejs\nstackConfigDir: stacks\n');
  const server = (more: string) => `{ ${more}, alerts: { slack: {} } }`;
  const stack = (name: string, text: string) =>
    writeFileSync(
      join(project, `stacks/Pulumi.${name}.yaml`),
      `config:\n${text}  keelson:serverSecrets: { slack: { secure: v1:abc } }\n`,
    );
  stack(
    'live',
    `  keelson:servers: { web1: ${server('address: web1.invalid')}, web2: ${server('address: web2.invalid')} }\n`,
  );
  assert.deepEqual(await run(['live', '--server', 'web3']), {
    status: 1,
    said: 'keelson alert: web3 is not a server of live; did you mean web1?\n',
  });
  stack(
    'cloud',
    `  keelson:aws: { ssh: [10.0.0.0/8], keys: ["ssh-ed25519 ${'A'.repeat(68)}"] }
  keelson:servers: { web1: ${server('aws: { type: t4g.small }')} }
`,
  );
  const { status, said } = await run(['cloud']);
  assert.equal(status, 1);
  assert.match(said, /servers on AWS have their addresses in Pulumi's state: log in where it is/);
});
