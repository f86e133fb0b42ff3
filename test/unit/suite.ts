/**
 * Runs test files in one process, since each by itself would load the same modules: `node suite.ts FILE...`
 *
 * Each is a suite, so what it does before and after its tests is for them alone; and each finds the directory and the
 * environment of the process as the first one did.
 */
import { resolve } from 'node:path';
import { after, describe } from 'node:test';
import { surround } from './within.ts';

const [directory, variables] = [process.cwd(), { ...process.env }];

function putBack(): void {
  process.chdir(directory);
  surround(variables);
}

const files = process.argv.slice(2);
if (files.length === 0) throw new Error('names no test file');
for (const file of files)
  describe(file, async () => {
    await import(resolve(directory, file));
    after(putBack);
    putBack();
  });
