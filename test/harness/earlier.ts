/** The program as it was at an earlier commit, for tests of what came after it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/lib/pulumi.ts';

/** Commits whose hosts and states are taken over; each lies in `test/fixtures`, since a clone may be shallow. */
export const commits = ['f554c06'] as const;

/** What of a commit is packed: what runs when Pulumi does. */
export const packed = ['components', 'files', 'index.ts', 'package.json', 'Pulumi.yaml'];

export const fixture = (commit: string): string => join(root, 'test/fixtures', `${commit}.tar.gz`);

/** Unpacks a commit's own program into a directory, for a stack's `program`; it uses this clone's packages. */
export function earlier(commit: (typeof commits)[number], directory: string): string {
  mkdirSync(directory, { recursive: true });
  execFileSync('tar', ['-xzf', fixture(commit), '-C', directory]);
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}
