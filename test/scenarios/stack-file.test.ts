/** A stack file as a person writes it, through Pulumi itself; no server is contacted. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scenariosDirectory } from '../../tools/container/cleanup.ts';
import { project, pulumi } from '../../tools/lib/pulumi.ts';

const file = (more: string): string => `config:
  keelson:drift: ignore
  keelson:server:
    address: 192.0.2.1
    hostKey: ssh-ed25519 ${'A'.repeat(68)}
  keelson:apps:
    shop:
      source: ${import.meta.dirname}/../apps/hello
      start: server.js
      domains: [default]
${more}
`;

test('values that change on their way, and a secret in plain text, are refused in the preview', async (t) => {
  const directory = join(scenariosDirectory, `${process.pid}-stack-file`);
  project(directory);
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'deep/er'), { recursive: true });
  const options = { cwd: join(directory, 'deep/er'), state: join(directory, 'state') };
  const run = async (args: string[], input?: string) => {
    const { code, stdout, stderr } = await pulumi([...args, '--stack', 'x'], {
      ...options,
      ...(input !== undefined && { input }),
    });
    return { code, said: stdout + stderr };
  };
  const good = async () => {
    const { code, said } = await run(['preview']);
    assert.equal(code, 0, said);
  };
  await pulumi(['stack', 'init', 'x', '--no-select'], options);
  const path = join(directory, 'stacks/Pulumi.x.yaml');
  const wrong = file(
    '      env: { ID: 812345678901234567, VERSION: 1.10, MODE: 0755, DAY: 2024-01-02 }',
  );
  const env = `apps.shop.env.ID: 812345678901234567 is a number to YAML, and arrives as 812345678901234600; write it in quotes
apps.shop.env.VERSION: 1.10 is a number to YAML, and arrives as 1.1; write it in quotes
apps.shop.env.MODE: 0755 is a number to YAML, and arrives as 493; write it in quotes
apps.shop.env.DAY: 2024-01-02 is a date to YAML, and arrives as "2024-01-02 00:00:00 +0000 UTC"; write it in quotes`;

  // Without its salt Pulumi would write the file anew before anything is read.
  const salt = readFileSync(path, 'utf8');
  writeFileSync(path, wrong + salt);
  for (const more of [[], ['--config-file', path]]) {
    const { code, said } = await run(['preview', ...more]);
    assert.notEqual(code, 0);
    for (const line of env.split('\n')) assert.ok(said.includes(line), said);
  }

  // Pulumi rewrites the file, quotes and all, and takes one secret in plain text beside another.
  const right = `      env: { ID: "812345678901234567", VERSION: '1.10', MODE: "0755" }`;
  writeFileSync(path, file(right) + salt);
  await run(['config', 'set', '--secret', '--path', 'keelson:secrets.shop.TOKEN'], 'abc');
  await good();
  await run(['config', 'set', '--path', 'keelson:secrets.shop.KEY'], 'hunter2');
  const { code, said } = await run(['preview']);
  assert.notEqual(code, 0);
  assert.match(said, /secrets\.shop\.KEY: is not encrypted; run pulumi config set --secret --path/);
  assert.doesNotMatch(said, /hunter2/);
  await run(['config', 'set', '--secret', '--path', 'keelson:secrets.shop.KEY'], 'hunter2');
  await good();
});
