import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentHash } from '../../../components/app/environment.ts';
import { webRollout, workerRollout } from '../../../components/app/rollout.ts';
import { tcpRollout } from '../../../components/app/rollouts/tcp.ts';
import { unitHash } from '../../../components/app/service.ts';
import type { TcpApp } from '../../../components/app/types/tcp.ts';
import type { WebApp } from '../../../components/app/types/web.ts';
import type { WorkerApp } from '../../../components/app/types/worker.ts';
import {
  chat,
  complaints,
  context,
  find,
  items,
  mailer,
  names,
  shop,
  trixie,
  web1,
} from '../shop.ts';

const hash = 'c'.repeat(64);

const web = (given: object = {}) => {
  const app = shop(given);
  return find(items(webRollout.render?.(app, context(app))), 'rollout', 'shop');
};
const worker = (given: object = {}) => {
  const app = mailer(given);
  return find(items(workerRollout.render?.(app, context(app))), 'rollout', 'mailer');
};
const hashes = (app: WebApp | TcpApp | WorkerApp) => ({
  '@unit': unitHash(app, { facts: trixie, server: web1(), secrets: {} }),
  '@environment': environmentHash(app, context(app)),
});

test('the rollout of the smallest stack file, to the letter', () => {
  assert.deepEqual(web(), {
    kind: 'rollout',
    name: 'shop',
    state: { current: hash, target: 'active', 3700: 'current', 3701: 'current' },
    instructions: {
      ...hashes(shop()),
      '@type': 'web',
      '@listen': 'port',
      '@health': 'http',
      '@host': 'shop.example.com',
      '@path': '/',
      '@status': '200',
      '@text': '',
      '@answers': '3',
      '@drain': '30',
      '@stop': '15',
      '@start': '60',
      '@watch': '2',
      '@batch': '25%',
      '@before': '',
      '@after': '',
      '@hook': '600',
      '@kept': '5',
    },
  });
});

test('the rollout of the smallest worker, to the letter', () => {
  assert.deepEqual(worker(), {
    kind: 'rollout',
    name: 'mailer',
    state: { current: hash, target: 'active', 1: 'current' },
    instructions: {
      ...hashes(mailer()),
      '@type': 'worker',
      '@health': 'stay',
      '@stay': '10',
      '@stop': '15',
      '@start': '60',
      '@watch': '0',
      '@batch': '25%',
      '@before': '',
      '@after': '',
      '@hook': '600',
      '@kept': '5',
    },
  });
});

const tcp = (given: object = {}) => {
  const app = chat(given);
  return find(items(tcpRollout.render?.(app, context(app))), 'rollout', 'chat');
};

test('the rollout of a TCP service: as that of a web app, but for what it is asked', () => {
  const { '@listen': listen, ...instructions } = tcp({
    healthy: { send: 'PING\\r\\n', expect: 'PONG' },
  }).instructions as Record<string, string>;
  assert.equal(listen, 'port');
  assert.deepEqual(instructions, {
    ...hashes(chat()),
    ...{ '@type': 'tcp', '@health': 'tcp', '@send': 'PING\\r\\n', '@expect': 'PONG' },
    ...{ '@answers': '3', '@drain': '30', '@stop': '15', '@start': '60', '@watch': '2' },
    ...{ '@batch': '25%', '@before': '', '@after': '', '@hook': '600', '@kept': '5' },
  });
  assert.equal(tcp({ public: 'each' }).instructions?.['@listen'], 'public');
  assert.equal(tcp({ listen: 'socket' }).instructions?.['@listen'], 'socket');
});

test('a TCP service with one instance says what a release costs', () => {
  const noted = (given: object) => {
    const app = chat(given);
    return tcpRollout.notes?.(app, context(app)).map(({ text }) => text);
  };
  assert.deepEqual(noted({ instances: 1 }), [
    'chat has one instance: nobody answers for the seconds in which it moves',
  ]);
  assert.deepEqual(noted({}), []);
});

test('a program of the host is named, so that the host can tell that it lacks it', () => {
  const of = (given: object) => web({ start: undefined, ...given }).instructions?.['@program'];
  assert.equal(of({ exec: ['/usr/bin/python3', 'a.py'] }), '/usr/bin/python3');
  for (const exec of [['bin/serve'], ['node', 'a.js'], ['/srv/shop/current/bin/serve']])
    assert.equal(of({ exec }), undefined, `${exec}`);
});

test('its tools are packages of the base, and it moves in the manifest that is secret', () => {
  const app = shop();
  const { base = [], rollout = [], ...rest } = webRollout.render?.(app, context(app)) ?? {};
  assert.deepEqual(names(base), ['package curl', 'package iproute2', 'package nftables']);
  assert.deepEqual(names(rollout), ['rollout shop']);
  assert.deepEqual(rest, {});
});

test('static files are the release’s own: another selection of them is another state', () => {
  const files = (paths: object) => web({ static: paths }).state.public ?? '';
  assert.match(files({ '/a': 'a' }), /^c{16}-[0-9a-f]{8}$/);
  assert.notEqual(files({ '/a': 'a' }), files({ '/a': 'b' }));
});

test('what a stack file may say of a rollout arrives on the host', () => {
  const rollout = {
    ...{ drain: '5m', start: '2m', status: 204, text: 'all is well', answers: 5, watch: '0s' },
    ...{ batch: 4, before: ['node', 'migrate.js', '--all'], after: ['bin/x'], hookTimeout: '1h' },
  };
  const given = { rollout, keep: 3, health: '/up?deep=1', listen: 'socket', stopTimeout: '1m' };
  const { '@unit': _unit, '@environment': _environment, ...told } = web(given).instructions ?? {};
  assert.deepEqual(told, {
    '@type': 'web',
    '@listen': 'socket',
    '@health': 'http',
    '@host': 'shop.example.com',
    '@path': '/up?deep=1',
    '@status': '204',
    '@text': 'all is well',
    '@answers': '5',
    '@drain': '300',
    '@stop': '60',
    '@start': '120',
    '@watch': '0',
    '@batch': '4',
    '@before': 'node migrate.js --all',
    '@after': 'bin/x',
    '@hook': '3600',
    '@kept': '3',
  });
});

test('a worker is found healthy by a command, too', () => {
  const { instructions = {} } = worker({ healthy: { command: ['node', 'ping.js'] } });
  assert.equal(instructions['@health'], 'command');
  assert.equal(instructions['@command'], 'node ping.js');
  assert.equal(instructions['@stay'], undefined);
});

test('one instance alone stops before it starts, and the preview says what that costs', () => {
  const notes = (given: object) => {
    const app = shop(given);
    return webRollout.notes?.(app, context(app));
  };
  assert.equal(web({ instances: 1 }).instructions?.['@single'], 'yes');
  assert.deepEqual(notes({ instances: 1, port: 5000 }), [
    {
      part: 'rollout',
      item: 'rollout shop',
      keys: ['current', '5000'],
      text: 'shop has one instance: nobody answers for the seconds in which it moves',
    },
  ]);
  for (const given of [{}, { instances: 2 }, { listen: 'socket' }]) {
    assert.equal(web(given).instructions?.['@single'], undefined);
    assert.deepEqual(notes(given), []);
  }
});

test('a server leaves its load balancers for as long as they take to notice, and the preview says so', () => {
  const balancerChecks = { interval: '10s', fall: 2, rise: 3 };
  const server = web1({ nginx: { balancers: ['10.0.0.0/8'], balancerChecks } });
  const app = shop({ instances: 1 });
  const { instructions } = find(
    items(webRollout.render?.(app, context(app, { server }))),
    'rollout',
    'shop',
  );
  assert.equal(instructions?.['@leave'], '22');
  assert.equal(instructions?.['@rejoin'], '32');
  assert.deepEqual(webRollout.notes?.(app, context(app, { server })), [
    {
      ...{ part: 'rollout', item: 'rollout shop', keys: ['current', '3700'] },
      origins: ['drift', 'change'],
      text: 'shop leaves its load balancers while it moves: 22 s more before the first instance, 32 s after the last',
    },
  ]);
});

const refused: [object, RegExp][] = [
  [{ drain: '2h' }, /rollout\.drain is longer than 1h/],
  [{ start: '0s' }, /rollout\.start is shorter than 1s/],
  [{ status: 20 }, /rollout\.status is below 100/],
  [{ answers: 0 }, /rollout\.answers is below 1/],
  [{ batch: '0%' }, /rollout\.batch/],
  [{ batch: 0 }, /rollout\.batch/],
  [{ before: [] }, /rollout\.before is empty; give a command/],
  [{ before: ['sh', '-c', 'x; y'] }, /rollout\.before\.2 is not a plain argument/],
  [{ text: 'a\tb' }, /rollout\.text is not plain text/],
];

for (const [rollout, message] of refused)
  test(`refused: ${JSON.stringify(rollout)}`, () =>
    assert.match(complaints({ start: 'a.js', rollout }).join('\n'), message));
