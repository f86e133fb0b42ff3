/** A directory of a test file's own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

/** Makes a directory in which the tests of the calling file run, and which goes with them. */
export function scratchDirectory(name: string): string {
  const started = process.cwd();
  const directory = mkdtempSync(join(tmpdir(), `keelson-${name}-`));
  before(() => process.chdir(directory));
  after(() => {
    process.chdir(started);
    rmSync(directory, { recursive: true });
  });
  return directory;
}
