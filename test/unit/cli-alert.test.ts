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
  return { status, said: `${stdout}${stderr}` };
}

test('what it cannot do is said with what to do', () => {
  const wrong = run([], '/');
  assert.equal(wrong.status, 2);
  assert.match(wrong.said, /^Usage: keelson alert STACK \[--server NAME\]$/m);
  assert.deepEqual(run(['live'], '/'), {
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
  assert.deepEqual(run(['live', '--server', 'web3']), {
    status: 1,
    said: 'keelson alert: web3 is not a server of live; did you mean web1?\n',
  });
  stack(
    'cloud',
    `  keelson:aws: { ssh: [10.0.0.0/8], keys: ["ssh-ed25519 ${'A'.repeat(68)}"] }
  keelson:servers: { web1: ${server('aws: { type: t4g.small }')} }
`,
  );
  const { status, said } = run(['cloud']);
  assert.equal(status, 1);
  assert.match(said, /servers on AWS have their addresses in Pulumi's state: log in where it is/);
});
