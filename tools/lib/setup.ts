/** The parts of set-up that take long, once it is known that they are of use. */
import { spawnSync } from 'node:child_process';
import { root } from './pulumi.ts';

/**
 * Runs `tools/setup.sh` with these options, with this terminal; ends this process when it fails, since it
 * said why.
 */
export function setUp(...options: ('--no-pulumi' | '--container')[]): void {
  const { status } = spawnSync('sh', ['tools/setup.sh', ...options], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}
