import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

/** What a process of its own prints, which imports the kit's preparation before Pulumi's SDK. */
const printed = (program: string): string => {
  const code = `import './components/pulumi/sdk.ts';\n${program}`;
  const options = { cwd: join(import.meta.dirname, '../..'), encoding: 'utf8' } as const;
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], options).trim();
};

test('Pulumi’s SDK loads without npm’s installer, and has it once it asks', () => {
  const program = `
    import { createRequire } from 'node:module';
    await import('@pulumi/pulumi');
    const { cache, resolve } = createRequire(import.meta.resolve('@pulumi/pulumi'));
    const load = createRequire(import.meta.resolve('@pulumi/pulumi'));
    const loaded = () => Object.keys(cache).filter((path) => path.includes('arborist/lib/arborist/')).length;
    const before = loaded();
    const { Arborist } = load('@npmcli/arborist');
    console.log(before, typeof Arborist, loaded() > 5);`;
  assert.equal(printed(program), '0 function true');
});
