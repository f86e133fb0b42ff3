/**
 * Pulumi on the stack `local`: `npm run local -- preview`, `npm run local -- up`,
 * `npm run local -- --host admin@server.example up`.
 */
import { spawn } from 'node:child_process';
import { ErrorWithRemedy } from './lib/error.ts';
import { containerWorkspace, local, ownHost, ownWorkspace } from './lib/local.ts';
import { releaseLocks } from './lib/locks.ts';
import { environment, executable } from './lib/pulumi.ts';
import { red } from './lib/terminal.ts';

const takesLock = ['up', 'update', 'destroy', 'refresh'];

async function main(): Promise<void> {
  const [first, second, ...rest] = process.argv.slice(2);
  const isOwn = first === '--host' && second !== undefined;
  const workspace = isOwn ? await ownWorkspace(ownHost(second)) : await containerWorkspace();
  const args = isOwn ? rest : process.argv.slice(2);
  // One that was killed, as with its terminal, would hold up all later ones.
  if (args.some((word) => takesLock.includes(word))) await releaseLocks(local, workspace);
  const child = spawn(executable, [...args, '--stack', local], {
    cwd: workspace.cwd,
    stdio: 'inherit',
    env: environment(workspace),
  });
  // An interruption from the terminal reaches Pulumi too, which ends in its own time.
  process.on('SIGINT', () => {});
  child.once('close', (code) => {
    process.exitCode = code ?? 1;
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ErrorWithRemedy)) throw error;
  console.error(red(error.message));
  process.exitCode = 1;
}
