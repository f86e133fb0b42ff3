import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health } from '../../components/host/health.ts';
import { instances, rollout } from '../../components/host/kinds.ts';

const common = {
  app: 'mailer',
  release: 'a'.repeat(64),
  type: 'worker' as const,
  instances: [1, 2],
  unit: 'u',
  environment: 'e',
  stop: 20,
  start: 60,
  watch: 0,
  batch: '25%',
  hookTimeout: 600,
  keep: 5,
};

const shared = {
  '@type': 'worker',
  '@unit': 'u',
  '@environment': 'e',
  '@stop': '20',
  '@start': '60',
  '@watch': '0',
  '@batch': '25%',
  '@before': '',
  '@after': '',
  '@hook': '600',
  '@kept': '5',
};

test('a worker has numbers, no port and no drain, and is healthy by staying up', () => {
  assert.deepEqual(rollout({ ...common, health: { by: 'stay', seconds: 10 } }), {
    kind: 'rollout',
    name: 'mailer',
    state: { current: 'a'.repeat(64), target: 'active', 1: 'current', 2: 'current' },
    instructions: { ...shared, '@health': 'stay', '@stay': '10' },
  });
});

test('a command that says whether a worker is healthy is one line', () => {
  const health = { by: 'command' as const, command: ['node', 'check.js', '--queue'] };
  assert.deepEqual(rollout({ ...common, health }).instructions, {
    ...shared,
    '@health': 'command',
    '@command': 'node check.js --queue',
  });
});

test('a conversation over TCP is told as it is written, and a heartbeat file with its age', () => {
  const of = (health: Health) => rollout({ ...common, health }).instructions;
  const talk = { by: 'tcp', send: 'PING\\r\\n', expect: '+PONG', answers: 2 } as const;
  const told = {
    ...shared,
    ...{ '@health': 'tcp', '@send': 'PING\\r\\n', '@expect': '+PONG', '@answers': '2' },
  };
  assert.deepEqual(of(talk), told);
  assert.deepEqual(of({ ...talk, port: 9000 }), { ...told, '@port': '9000' });
  assert.deepEqual(of({ by: 'tcp', answers: 1 }), {
    ...shared,
    ...{ '@health': 'tcp', '@send': '', '@expect': '', '@answers': '1' },
  });
  assert.deepEqual(of({ by: 'file', path: '/tmp/alive', age: 60 }), {
    ...shared,
    ...{ '@health': 'file', '@path': '/tmp/alive', '@age': '60' },
  });
});

test('a web app with one instance says so', () => {
  const health = {
    ...{ by: 'http' as const, host: 'localhost', path: '/' },
    ...{ status: 200, answers: 3 },
  };
  const { instructions = {} } = rollout({
    ...common,
    ...{ type: 'web', instances: [3700], single: true, drain: 30, health },
  });
  assert.equal(instructions['@single'], 'yes');
  assert.equal(instructions['@drain'], '30');
  assert.equal(instructions['@listen'], 'port');
});

test('a member has keys and instructions of its own, with its name before each', () => {
  const health = { by: 'stay', seconds: 10 } as const;
  const members = [
    { name: 'send', instances: [1, 2], unit: 's', stop: 30, health: { ...health, seconds: 5 } },
  ];
  const without = rollout({ ...common, health });
  const { state, instructions } = rollout({ ...common, health, members });
  assert.deepEqual(state, { ...without.state, 'send@1': 'current', 'send@2': 'current' });
  assert.deepEqual(instructions, {
    ...without.instructions,
    ...{ '@send.type': 'worker', '@send.unit': 's', '@send.stop': '30' },
    ...{ '@send.health': 'stay', '@send.stay': '5' },
  });
});

test('of a job that is a member its unit is told', () => {
  const health = { by: 'stay', seconds: 10 } as const;
  const { instructions, state } = rollout({ ...common, health, jobs: { clean: 'j' } });
  assert.equal(instructions?.['@clean.job'], 'j');
  assert.deepEqual(state, rollout({ ...common, health }).state);
});

test('the instances that may run: only those of a web app are drained', () => {
  assert.deepEqual(instances('mailer', [1, 2], { type: 'worker', stop: 20 }), {
    kind: 'instances',
    name: 'mailer',
    state: { running: '1,2' },
    instructions: { '@type': 'worker', '@stop': '20' },
  });
  assert.deepEqual(instances('shop', [3700], { type: 'web', drain: 30, stop: 15 }).instructions, {
    '@type': 'web',
    '@drain': '30',
    '@stop': '15',
  });
  assert.deepEqual(
    instances('shop-mail', [1], { type: 'worker', stop: 15, of: 'shop' }).instructions,
    { '@type': 'worker', '@stop': '15', '@of': 'shop' },
  );
});
