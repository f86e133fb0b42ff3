import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** Runs a program in a process of its own, whose `ssh` and `ssh-keyscan` write down their environment. */
function environmentsIn(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-child-'));
  try {
    for (const name of ['ssh', 'ssh-keyscan']) {
      writeFileSync(join(folder, name), `#!/bin/sh\nenv >>${folder}/environments\n`);
      chmodSync(join(folder, name), 0o755);
    }
    execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: join(import.meta.dirname, '../..'),
      env: {
        ...{ PATH: `${folder}:${process.env.PATH}`, HOME: folder, KEPT: 'yes' },
        ...{ PULUMI_CONFIG: '{"x":"hunter2"}', PULUMI_CONFIG_PASSPHRASE: 'hunter2' },
      },
    });
    return readFileSync(join(folder, 'environments'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a program that is started finds no secret of Pulumi’s in its environment', () => {
  const said = environmentsIn(
    `import { resolve } from './components/ssh/config.ts'; await resolve({ address: 'web1.example' }).catch(() => {});`,
  );
  assert.match(said, /^KEPT=yes$/m);
  assert.doesNotMatch(said, /hunter2/);
});
