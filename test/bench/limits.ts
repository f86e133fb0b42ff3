/** Limits of this machine's kernel that many containers at once run into. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ErrorWithRemedy } from '../../tools/lib/error.ts';
import { rootCommand } from '../../tools/lib/process.ts';

const inotify = '/proc/sys/fs/inotify/max_user_instances';

/** Lets so many containers run at once, until this process ends, however it ends but by a kill. */
export function allowContainers(count: number): void {
  const before = Number(readFileSync(inotify, 'utf8'));
  // A container opens about seven of them; the rest is for what else runs here.
  const needed = 10 * count + 100;
  if (before >= needed) return;
  write(needed);
  // The last one who raised it sets it back first.
  process.prependOnceListener('exit', () => write(before));
}

function write(instances: number): void {
  const [command, args] = rootCommand(['sh', '-c', `echo ${instances} >${inotify}`]);
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0)
    throw new ErrorWithRemedy(
      `fs.inotify.max_user_instances could not be set to ${instances}.`,
      `As root: sysctl fs.inotify.max_user_instances=${instances}`,
    );
}
