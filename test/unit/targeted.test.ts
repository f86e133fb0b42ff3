/** What a run does of which `--target` leaves out a part: nothing before what it needs is there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { unseen } from '../../components/host/facts.ts';
import { aptPackage, blob } from '../../components/host/kinds.ts';
import type { Look, Seen } from '../../components/host/look.ts';
import { register } from '../../components/pulumi/commands.ts';
import { saysLeftOut } from '../../components/pulumi/targeted.ts';
import { engine, settled } from './engine.ts';

const manifest = (name: string, after: string[], more: object = {}) => ({
  ...{ name, after, items: [aptPackage('nginx')] },
  ...more,
});
const uploads = [{ name: 'release', hash: 'abc', archive: '/dev/null' }];
const all = [
  manifest('base', []),
  manifest('app-shop', ['base'], { app: 'shop', items: [blob('abc', 'r1')], uploads }),
  manifest('rollout-shop', ['app-shop'], { app: 'shop', secret: true }),
  manifest('site-shop', ['rollout-shop'], { app: 'shop' }),
];

type Case = { due: string[]; leftOut?: string[]; isSent?: boolean };

/** The command of each, where what is left out is as an earlier run had it. */
async function commands({ due, leftOut = [], isSent = true }: Case) {
  const old = { stdin: 'of an earlier run', triggers: ['r0'], create: 'of an earlier run' };
  const made = await engine({ leftOut: Object.fromEntries(leftOut.map((it) => [it, old])) });
  const see = (it: (typeof all)[number]): Seen => ({
    ...{ manifest: it, due: due.includes(it.name), rows: [], lines: [] },
    header: { run: 'r1', lines: [] },
  });
  const memory = { ...unseen.memory, blobs: new Map(isSent ? [['abc', 'r0']] : []) };
  const look: Look = {
    ...{ facts: unseen.facts, memory, gone: [], isLate: false },
    ...{ helper: see(manifest('helper', [])), seen: all.map(see) },
  };
  const host = new pulumi.ComponentResource('keelson:index:Host', 'web1');
  const registered = register({
    ...{ host, name: 'web1', user: 'root', run: 'r1', look },
    connection: { now: { host: '192.0.2.1' }, kept: { host: '192.0.2.1' } },
    after: (text) => pulumi.output(text),
    turns: Promise.resolve([]),
  });
  await settled(registered);
  return (name: string) => String(made.named(`web1-${name}`).inputs.create);
}

const refused = (name: string, ...missing: string[]) =>
  `server web1: ${name} was not begun, since it needs what --target or --exclude leaves out: ${missing.join(', ')}. Name the whole server, --target "**::web1-*", or leave both out`;

test('what needs something that is due and left out is not begun, and says what it needs', async () => {
  const due = ['app-shop', 'rollout-shop', 'site-shop'];
  const command = await commands({ due, leftOut: ['web1-app-shop', 'web1-site-shop'] });
  assert.equal(saysLeftOut(command('rollout-shop')), refused('rollout-shop', 'web1-app-shop'));
  assert.equal(saysLeftOut(command('app-shop')), undefined);
  assert.equal(saysLeftOut(command('site-shop')), undefined);
});

test('a release that is still to be sent is needed, one that is there is not', async () => {
  const due = ['app-shop'];
  const leftOut = ['web1-shop-release'];
  const unsent = await commands({ due, leftOut, isSent: false });
  assert.equal(saysLeftOut(unsent('app-shop')), refused('app-shop', 'web1-shop-release'));
  const sent = await commands({ due, leftOut });
  assert.equal(sent('app-shop'), '/usr/local/sbin/keelson apply web1');
});

test('what has nothing to do may be left out', async () => {
  const command = await commands({
    due: ['rollout-shop'],
    leftOut: ['web1-app-shop', 'web1-base'],
  });
  assert.equal(command('rollout-shop'), '/usr/local/sbin/keelson apply web1');
});

test('an older helper comes before all', async () => {
  const due = ['helper', 'rollout-shop'];
  const command = await commands({ due, leftOut: ['web1-helper'] });
  assert.equal(saysLeftOut(command('rollout-shop')), refused('rollout-shop', 'web1-helper'));
});

test('a run of which nothing is left out has its own commands', async () => {
  const command = await commands({
    due: ['helper', ...all.map(({ name }) => name)],
    isSent: false,
  });
  for (const { name } of all) assert.equal(command(name), '/usr/local/sbin/keelson apply web1');
});

test('the command in its place fails with these words', async () => {
  const command = await commands({
    due: ['app-shop', 'rollout-shop'],
    leftOut: ['web1-app-shop'],
  });
  assert.throws(
    () => execFileSync('sh', ['-c', command('rollout-shop')], { stdio: 'pipe' }),
    ({ status, stderr }) =>
      status === 1 && String(stderr) === `keelson: ${refused('rollout-shop', 'web1-app-shop')}\n`,
  );
});
