/** `keelson alert`, as far as it needs no host. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from './scratch.ts';

const command = resolve(import.meta.dirname, '../../tools/cli/keelson.ts');
const project = scratchDirectory('alert');

function run(args: readonly string[], cwd = project) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'alert', ...args], {
    ...{ cwd, encoding: 'utf8', env: { PATH: '/nowhere', HOME: '/nowhere' } },
  });
  return [status, `${stdout}${stderr}`.trim()];
}

test('what it cannot do is said with what to do', () => {
  assert.deepEqual(run([], '/'), [1, 'there is no Pulumi.yaml here or above; go to the project']);
  mkdirSync(join(project, 'stacks'));
  writeFileSync(join(project, 'Pulumi.yaml'), 'name: a\nruntime: nodejs\nstackConfigDir: stacks\n');
  const server = '{ aws: { type: t4g.small }, alerts: { slack: {} } }';
  writeFileSync(
    join(project, 'stacks/Pulumi.live.yaml'),
    `config:
  keelson:aws: { ssh: [10.0.0.0/8], keys: ["ssh-ed25519 ${'A'.repeat(68)}"] }
  keelson:servers: { web1: ${server}, web2: ${server} }
  keelson:serverSecrets: { slack: { secure: v1:abc } }
`,
  );
  assert.deepEqual(run([]), [2, 'Usage: keelson alert STACK [SERVER]; stacks: live']);
  assert.deepEqual(run(['live', 'web3']), [2, 'web3 is not a server of it; did you mean web1?']);
  assert.deepEqual(run(['live', 'web2']), [
    1,
    'web2: is made on AWS, and its address is not in the stack file; log in there, and run sudo keelson test-alerts',
  ]);
});
