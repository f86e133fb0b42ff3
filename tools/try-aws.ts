/**
 * Tries on a real account what cannot be tried without one. It costs some cents, and takes down what it made, also
 * when it fails or is interrupted.
 *
 *     npm run try:aws -- --list
 *     npm run try:aws -- --region eu-central-1 --ssh 203.0.113.7/32 --type t4g.small --release trixie
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { ErrorWithRemedy } from './lib/error.ts';
import { run } from './lib/process.ts';
import { root } from './lib/pulumi.ts';
import { Trial } from './lib/trial.ts';

/** What is tried, in this order; docs/aws.md has the same list. */
export const trials = {
  first: 'the first `up` connects with the host key that it was given, and serves the app',
  same: 'a second `up` changes nothing',
  stopped: 'a stopped instance is told in words',
  uploads:
    'the volume is found by its name under /dev/disk/by-id, formatted once and mounted, also after a reboot',
  replace:
    'a replaced instance gets the volume and the address, and is provisioned in the same run',
  image: 'images of another release and another architecture are found, and boot',
  destroy: 'nothing is left',
} as const;

type Settings = { region: string; type: string; release: string; ssh: string; key: string };

/** The stack file: one small server with the sample app and a disk for uploads, which goes with it. */
const config = ({ region, type, release, ssh, key }: Settings) => ({
  'aws:region': region,
  'keelson:servers': {
    web1: { aws: { type, release, uploads: { size: '1G', protect: false } } },
  },
  'keelson:aws': { ssh: [ssh], keys: [key], tags: { Purpose: 'try-aws' } },
  'keelson:apps': {
    hello: {
      ...{ source: `${root}/test/apps/hello`, start: 'server.js', domains: ['default'] },
      ...{ uploads: { '/media': 'media' }, places: { media: '/mnt/uploads/hello' } },
    },
  },
});

/** Stops the instance past Pulumi, with AWS's own command line where there is one. */
const stop = async (region: string, id: string): Promise<void> => {
  const args = ['--region', region, '--instance-ids', id];
  await run('aws', ['ec2', 'stop-instances', ...args]);
  await run('aws', ['ec2', 'wait', 'instance-stopped', ...args]);
};
const startAgain = async (region: string, id: string): Promise<void> => {
  const args = ['--region', region, '--instance-ids', id];
  await run('aws', ['ec2', 'start-instances', ...args]);
  await run('aws', ['ec2', 'wait', 'instance-status-ok', ...args]);
};

const isQuiet = (steps: readonly string[]): void => {
  if (steps.length > 0) throw new Error(`there was something to do: ${steps.join(', ')}`);
};

/** Each trial, in the words of the list. Stopping and starting reboots, so that the disk is seen again after one. */
async function tryAll(trial: Trial, settings: Settings): Promise<void> {
  const tell = (which: keyof typeof trials) => console.log(`- ${which}: ${trials[which]}`);
  const other = settings.release === 'trixie' ? 'bookworm' : 'trixie';
  tell('first');
  await trial.pulumi('up');
  const address = await trial.output('aws:ec2/eip:Eip', 'publicIp');
  if ((await fetch(`http://${address}/`)).status !== 200)
    throw new Error('the app does not answer');
  tell('same');
  isQuiet(await trial.pulumi('up'));
  tell('stopped');
  const id = await trial.output('aws:ec2/instance:Instance', 'id');
  await stop(settings.region, id);
  await trial.pulumi('preview', /is stopped; start it/);
  await startAgain(settings.region, id);
  tell('uploads');
  isQuiet(await trial.pulumi('up'));
  tell('replace');
  trial.configure(config({ ...settings, release: other }));
  await trial.pulumi('up');
  tell('image');
  const fallback = settings.type.startsWith('t4g') ? 't3.small' : 't4g.small';
  trial.configure(config({ ...settings, type: fallback, release: other }));
  await trial.pulumi('up');
  tell('destroy');
}

/** The public key that logs in: the agent has its private half. */
function ownKey(path: string | undefined): string {
  const file = path ?? join(homedir(), '.ssh/id_ed25519.pub');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim().split(' ').slice(0, 2).join(' ');
  throw new ErrorWithRemedy(
    `there is no ${file}`,
    'name a public key whose private half your SSH agent holds: --key FILE.pub',
  );
}

async function agreed(): Promise<boolean> {
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await ask.question(
    'This makes servers in your AWS account, which costs. Go on? [y/N] ',
  );
  ask.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      ...{ list: { type: 'boolean' }, yes: { type: 'boolean' }, ssh: { type: 'string' } },
      ...{ key: { type: 'string' }, region: { type: 'string' }, type: { type: 'string' } },
      release: { type: 'string' },
    },
  } as const);
  for (const [which, words] of Object.entries(trials)) console.log(`- ${which}: ${words}`);
  if (values.list) return;
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION } = process.env;
  if (!AWS_PROFILE && !AWS_ACCESS_KEY_ID)
    throw new ErrorWithRemedy(
      'no credentials for AWS',
      'log in first: aws sso login, and export AWS_PROFILE',
    );
  const region = values.region ?? AWS_REGION;
  if (!region || !values.ssh)
    throw new ErrorWithRemedy(
      'region or your own network is missing',
      'npm run try:aws -- --region eu-central-1 --ssh 203.0.113.7/32',
    );
  const { type = 't4g.small', release = 'trixie', ssh } = values;
  const settings = { region, type, release, ssh, key: ownKey(values.key) };
  if (!values.yes && !(await agreed())) return;
  await tryOn(settings);
}

/** An interruption ends the run that is under way, and then takes all down as well. */
async function tryOn(settings: Settings): Promise<void> {
  const trial = new Trial();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => trial.interrupt());
  await trial.begin(config(settings));
  try {
    await tryAll(trial, settings);
  } finally {
    await trial.end();
  }
}

if (import.meta.main)
  await main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
