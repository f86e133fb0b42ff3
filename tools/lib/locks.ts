/** The locks that Pulumi leaves in a state when it is killed. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ErrorWithRemedy } from './error.ts';
import { type Options, pulumi } from './pulumi.ts';

const lockSchema = z.object({ pid: z.int() });

/**
 * Frees a stack whose last run was killed; a run that is still going on keeps its lock.
 * @throws ErrorWithRemedy that names the process which holds the stack.
 */
export async function releaseLocks(
  stack: string,
  options: Options & { state: string },
): Promise<void> {
  const directory = join(options.state, '.pulumi/locks');
  const files = await readdir(directory, { recursive: true }).catch(() => []);
  const locks = files.filter((file) => file.endsWith('.json') && file.includes(`/${stack}/`));
  for (const lock of locks) {
    const { pid } = lockSchema.parse(JSON.parse(await readFile(join(directory, lock), 'utf8')));
    if (isRunning(pid)) {
      throw new ErrorWithRemedy(
        `Pulumi is at work on the stack ${stack} (process ${pid}).`,
        'Wait for it to end.',
      );
    }
  }
  if (locks.length > 0) await pulumi(['cancel', '--yes', '--stack', stack], options);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
