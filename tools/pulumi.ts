/** The Pulumi CLI of this clone: `npm run pulumi -- preview --stack local`. */
import { spawn } from 'node:child_process';
import { end, environment, executable } from './lib/pulumi.ts';

const child = spawn(executable, process.argv.slice(2), { stdio: 'inherit', env: environment() });
// An interruption from the terminal reaches Pulumi too, which ends in its own time.
process.on('SIGINT', () => {});
process.exitCode = (await end(child)) ?? 1;
