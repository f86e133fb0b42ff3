/** PM2 as npm has it, for hosts in containers. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../tools/lib/process.ts';
import { keep } from '../../tools/lib/pulumi.ts';
import type { DebianHost } from './host.ts';

const version = '7.0.4';

async function fetchPm2(): Promise<string> {
  const directory = join(keep, 'cache', `pm2-${version}`);
  mkdirSync(directory, { recursive: true });
  const install = ['install', '--no-audit', '--no-fund', '--prefix', directory, `pm2@${version}`];
  const { code, stderr } = await run('npm', install, { timeout: 300_000, env: process.env });
  assert.equal(code, 0, `npm install pm2: ${stderr}`);
  return directory;
}

/** Puts names of a local directory into one on a host. */
export async function send(
  host: DebianHost,
  [from, ...names]: readonly [string, ...string[]],
  to: string,
): Promise<void> {
  const ssh = host.sshArguments.map((it) => `'${it}'`).join(' ');
  const { code, stderr } = await run('sh', [
    '-c',
    `tar -cC '${from}' ${names.join(' ')} | ssh ${ssh} 'mkdir -p ${to} && tar -x --no-same-owner -C ${to}'`,
  ]);
  assert.equal(code, 0, stderr);
}

/** Puts PM2 into a directory of a host: `node_modules/.bin/pm2` in it. */
export async function sendPm2(host: DebianHost, to: string): Promise<void> {
  await send(host, [await fetchPm2(), 'node_modules'], to);
}
