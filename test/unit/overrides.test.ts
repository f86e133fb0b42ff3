/** What servers share, what each says for itself, and what it says of its apps alone. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WebApp } from '../../components/app/types/web.ts';
import { type Config, ConfigError, readConfig } from '../../components/config/config.ts';
import { scratchDirectory } from './scratch.ts';

const project = scratchDirectory('overrides');
mkdirSync(join(project, 'shop'));
writeFileSync(join(project, 'key'), '');

type Values = Record<string, unknown>;

const read = (values: Values): Config => readConfig({ values, encrypted: new Set() });

function problems(values: Values): readonly string[] {
  try {
    read(values);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
}

const shop = { source: 'shop', start: 'server.js', domains: ['shop.example.com'], memory: '512M' };
const mailer = { type: 'worker', source: 'shop', start: 'worker.js' };

/** Two servers with these settings, and what stands beside them. */
const two = (web1: object, web2: object, more: Values = {}): Values => ({
  servers: {
    web1: { address: 'web1.example.com', ...web1 },
    web2: { address: 'web2.example.com', ...web2 },
  },
  apps: { shop, mailer },
  ...more,
});

test('keelson:server beside keelson:servers is what all of them share', () => {
  const shared = { user: 'admin', port: 2222, nginx: { logs: 7, connections: 512 } };
  const { hosts } = read(two({}, { port: null, nginx: { logs: 30 } }, { server: shared }));
  assert.deepEqual(
    hosts.map(({ name, server: { user, port, nginx } }) => [
      ...[name, user, port, nginx.logs, nginx.connections],
    ]),
    [
      ['web1', 'admin', 2222, 7, 512],
      ['web2', 'admin', undefined, 30, 512],
    ],
  );
});

test('an app has settings of its own on one server', () => {
  const apps = { shop: { memory: '1G', env: { NODE: 'web2' } } };
  const base = { ...shop, env: { A: 'x' } };
  const { hosts } = read(two({}, { apps }, { apps: { shop: base } }));
  const [one, other] = hosts.map(({ apps: [app] }) => app as WebApp);
  assert.deepEqual([one?.memory, other?.memory], ['512M', '1G']);
  assert.deepEqual([one?.env, other?.env], [{ A: 'x' }, { A: 'x', NODE: 'web2' }]);
});

test('null takes a setting of an app, or the app, from one server', () => {
  const env = { A: 'x', B: 'y' };
  const running = (apps: object) =>
    read(two({}, { apps }, { apps: { shop: { ...shop, env }, mailer } })).hosts.map(({ apps }) =>
      apps.map((app) => [app.name, ...Object.keys((app as WebApp).env)].join(' ')),
    );
  assert.deepEqual(running({ mailer: null }), [['shop A B', 'mailer'], ['shop A B']]);
  assert.deepEqual(running({ shop: { env: { A: null } } })[1], ['shop B', 'mailer']);
});

test('an app of which each server says the rest need not be whole', () => {
  const { domains: _, ...part } = shop;
  const on = (domain: string) => ({ apps: { shop: { domains: [domain] } } });
  assert.deepEqual(problems(two(on('a.de'), on('b.de'), { apps: { shop: part } })), []);
  const [problem] = problems(two(on('a.de'), {}, { apps: { shop: part } }));
  assert.match(problem ?? '', /^apps\.shop\.domains: is missing/);
});

test('what apps have against each other on one server alone is told of it', () => {
  const blog = { ...shop, domains: ['blog.example.com'], port: 4300 };
  const apps = { shop, blog };
  const [problem, ...others] = problems(two({}, { apps: { blog: { port: 3700 } } }, { apps }));
  assert.match(problem ?? '', /^servers\.web2\.apps\.blog\.port: 3700 .*apps\.shop/);
  assert.deepEqual(others, []);
  const [shared, ...more] = problems(
    two(
      {},
      { apps: { blog: { memory: '1G' } } },
      { apps: { shop, blog: { ...blog, port: 3700 } } },
    ),
  );
  assert.match(shared ?? '', /^apps\.blog\.port: 3700/);
  assert.deepEqual(more, []);
});

test('of what is encrypted nothing is shown, also where it is merged', () => {
  const apps = { shop: { memory: 'hunter2' } };
  for (const values of [
    two({}, {}, { server: { user: 'hunter2!' } }),
    two({}, {}, { server: 'hunter2' }),
    two({}, { apps }),
    two({}, { apps: 'hunter2' }),
  ])
    assert.throws(
      () => readConfig({ values, encrypted: new Set(['server', 'servers']) }),
      ({ message }: Error) => /holds an encrypted value/.test(message) && !/hunter/.test(message),
    );
});
