import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import {
  type Config,
  ConfigError,
  readConfig,
  stackConfig,
} from '../../components/config/config.ts';
import { renderHost } from '../../components/config/render.ts';
import { unseen } from '../../components/host/facts.ts';
import { scratchDirectory } from './scratch.ts';

const project = scratchDirectory('config');
mkdirSync(join(project, 'shop'));
writeFileSync(join(project, 'key'), '');

const shop = { source: 'shop', start: 'server.js', domains: ['shop.example.com'] };
const blog = { ...shop, domains: ['blog.example.com'], port: 4300 };
const server = { address: 'web1.example.com' };

type Values = Record<string, unknown>;

const read = (values: Values, encrypted: string[] = ['secrets']): Config =>
  readConfig({ values, encrypted: new Set(encrypted.filter((key) => key in values)) });

/** What is wrong with a stack file; nothing when it is fine. */
function problems(values: Values, encrypted?: string[]): readonly string[] {
  try {
    read(values, encrypted);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
}

/** A stack with one server and the app `shop`, both with these changes. */
const stack = (given: { server?: object; shop?: object; more?: Values }): Values => ({
  server: { ...server, ...given.server },
  apps: { shop: { ...shop, ...given.shop } },
  ...given.more,
});

test('the smallest stack: an address, a source, a script and a domain', () => {
  const config = read(stack({}));
  assert.deepEqual(
    config.hosts.map(({ name, server: { user, port }, apps, secrets }) => ({
      ...{ name, user, port, secrets },
      apps: apps.map((app) => `${app.name} ${app.type}`),
    })),
    [{ name: 'server', user: undefined, port: undefined, secrets: {}, apps: ['shop web'] }],
  );
  assert.equal(config.drift, 'look');
  assert.deepEqual(config.rollout, { servers: 1 });
});

test('several servers keep their names, and a server needs no app', () => {
  const config = read({ servers: { web1: server, web2: { address: '198.51.100.7' } } });
  assert.deepEqual(
    config.hosts.map(({ name, server }) => `${name} ${server.name} ${server.address}`),
    ['web1 web1 web1.example.com', 'web2 web2 198.51.100.7'],
  );
  assert.deepEqual(
    config.hosts.map(({ apps }) => apps),
    [[], []],
  );
});

test('secrets come by app and name', () => {
  const secrets = { shop: { DATABASE_URL: 'postgres://u:p@db/shop', WORKERS: 4 } };
  assert.deepEqual(read(stack({ more: { secrets } })).hosts[0]?.secrets, {
    shop: { DATABASE_URL: 'postgres://u:p@db/shop', WORKERS: '4' },
  });
});

const two = { web1: server, web2: { address: 'web2.example.com' } };
const mailer = { type: 'worker', source: 'shop', start: 'worker.js' };

test('an app runs on the servers that it names, or on all', () => {
  const { hosts } = read({
    servers: two,
    apps: { shop: { ...shop, servers: ['web2'] }, mailer, blog: { ...blog, servers: ['web1'] } },
    secrets: { shop: { A: 'x' }, mailer: { B: 'y' } },
  });
  assert.deepEqual(
    hosts.map(({ name, apps, secrets }) => [name, apps.map((app) => app.name), secrets]),
    [
      ['web1', ['mailer', 'blog'], { mailer: { B: 'y' } }],
      ['web2', ['shop', 'mailer'], { shop: { A: 'x' }, mailer: { B: 'y' } }],
    ],
  );
  // Where it runs is no setting of the app itself: it is the same on each.
  for (const { apps } of hosts) for (const app of apps) assert.ok(!('servers' in app));
});

test('what two apps may not share on one server, they may on two', () => {
  const apps = (servers: string[]) => ({
    shop: { ...shop, servers: ['web1'] },
    blog: { ...shop, servers },
  });
  assert.deepEqual(problems({ servers: two, apps: apps(['web2']) }), []);
  assert.deepEqual(problems({ servers: two, apps: apps(['web1', 'web2']) }), [
    'apps.blog.domains.0: "shop.example.com" belongs to apps.shop; name each domain once',
    'apps.blog.port: 3700 and the ports after it meet 3700 to 3763, which apps.shop keeps for its instances; choose 3764, or set instances',
  ]);
});

test('what Pulumi would call by one name on two servers is told with both', () => {
  const on = (...servers: string[]) => ({ ...shop, servers });
  const told = (names: string[], apps: object) =>
    problems({
      servers: Object.fromEntries(names.map((name) => [name, { address: `${name}.example.com` }])),
      apps,
    });
  assert.deepEqual(told(['web', 'web-eu'], { 'eu-shop': on('web'), shop: on('web-eu') }), [
    'servers.web-eu: app shop and app eu-shop of web would both be web-eu-shop to Pulumi; rename a server or an app',
  ]);
  assert.deepEqual(told(['web', 'web-site-x'], { 'x-prune': on('web') }), [
    'servers.web-site-x: prune and app x-prune of web would both be web-site-x-prune to Pulumi; rename a server or an app',
  ]);
  assert.deepEqual(told(['web', 'web-eu'], { 'eu-shop': on('web-eu'), shop: on('web') }), []);
});

test('what apps have against each other is told once, however many servers they share', () => {
  const told = problems({ servers: two, apps: { shop, blog: { ...blog, port: 3710 } } });
  assert.equal(told.length, 1);
});

test('what apps have against each other is told beside what is wrong with their server', () => {
  const apps = { shop, blog: { ...blog, domains: shop.domains } };
  const paths = (values: Values) => problems(values).map((line) => line.split(':')[0]);
  assert.deepEqual(paths({ server: { address: 'web 1' }, apps }), [
    'server.address',
    'apps.blog.domains.0',
  ]);
  assert.deepEqual(paths({ servers: { web1: server, web2: { address: 'x y' } }, apps }), [
    'servers.web2.address',
    'apps.blog.domains.0',
  ]);
});

test('cores bring to light what nobody could know before', () => {
  const [host] = read({ server, apps: { shop, blog: { ...blog, port: 3764 } } }).hosts;
  assert.ok(host);
  const releases = { shop: { hash: 'a' }, blog: { hash: 'b' } };
  const render = (cores: number) => renderHost(host, { ...unseen.facts, cores }, releases);
  assert.doesNotThrow(() => render(64));
  assert.throws(() => render(96), {
    message: `server server has 96 cores:
apps.blog.port: 3764 and the ports after it meet 3700 to 3795, which apps.shop keeps for its instances; choose 3796, or set instances`,
  });
});

/** A server that leaves its load balancers while its instances move. */
const leaving = {
  nginx: { balancers: ['10.0.0.0/8'], balancerChecks: { interval: '10s', fall: 2, rise: 2 } },
};

test('of servers that leave their load balancers one stays in them', () => {
  const given = (servers: object, size?: unknown) =>
    problems({
      apps: { shop },
      servers,
      ...(size !== undefined && { rollout: { servers: size } }),
    });
  const { web1, web2 } = two;
  const both = { web1: { ...web1, ...leaving }, web2: { ...web2, ...leaving } };
  const message = (size: unknown) => [
    `rollout.servers: ${size} lets web1, web2 leave their load balancers at the same time, so that nobody answers; choose fewer, such as 1`,
  ];
  assert.deepEqual(given(both, 2), message(2));
  assert.deepEqual(given(both, '100%'), message('100%'));
  assert.deepEqual(given({ ...both, web3: { address: 'web3.example.com' } }, 2), message(2));
  assert.deepEqual(given(both), []);
  assert.deepEqual(given({ ...two, web1: both.web1 }, 2), []);
  assert.deepEqual(given(two, 2), []);
});

test('of the servers of each app that leave their load balancers one stays in them', () => {
  const given = (apps: object) => {
    const servers = Object.fromEntries(
      ['web1', 'web2', 'jobs'].map((name) => [
        name,
        { address: `${name}.example.com`, ...leaving },
      ]),
    );
    return problems({ apps, servers, rollout: { servers: 2 } });
  };
  const message = [
    'rollout.servers: 2 lets web1, web2 leave their load balancers at the same time, so that nobody answers; choose fewer, such as 1',
  ];
  const both = { ...shop, servers: ['web1', 'web2'] };
  const jobs = { ...mailer, servers: ['jobs'] };
  assert.deepEqual(given({ shop: both, mailer: jobs }), message);
  assert.deepEqual(given({ shop: both, blog: { ...blog, servers: ['jobs'] } }), message);
  assert.deepEqual(given({ shop: { ...shop, servers: ['web2', 'jobs'] }, mailer: jobs }), []);
});

test('ports that do not meet are fine, and a lower range of outgoing ports frees the others', () => {
  const two = { shop: { ...shop, instances: 10 }, blog: { ...blog, port: 3710 } };
  assert.deepEqual(problems({ server, apps: two }), []);
  const sysctl = { 'net.ipv4.ip_local_port_range': '40000 60999' };
  assert.deepEqual(problems(stack({ server: { sysctl }, shop: { port: 20000 } })), []);
});

test('one directory at two URL paths is fine', () => {
  assert.deepEqual(problems(stack({ shop: { uploads: { '/f': 'a', '/g': 'a' } } })), []);
});

test('files that can be read are fine', () => {
  assert.deepEqual(problems(stack({ server: { privateKey: 'key' } })), []);
});

test('all problems come at once, in one message', () => {
  const values = {
    server: { address: 'web 1', user: 'a b', knownHosts: 'x', hostKey: 'y' },
    apps: { Shop: { ...shop, port: 80, colour: 'red' }, blog: { ...blog, domains: [] } },
    secrets: { stranger: {} },
    drift: 'maybe',
    extra: 1,
  };
  const all = problems(values);
  const paths = all.map((problem) => problem.split(': ')[0]);
  assert.deepEqual(paths.sort(), [
    'apps.Shop',
    'apps.Shop.colour',
    'apps.Shop.port',
    'apps.blog.domains',
    'drift',
    'extra',
    'secrets.stranger',
    'server.address',
    'server.hostKey',
    'server.knownHosts',
    'server.user',
  ]);
  assert.throws(() => read(values), { message: /^the stack file has 11 problems:\n {2}\w/ });
  assert.throws(() => read({}), { message: /^the stack file has a problem:\n {2}server: / });
});

test('a secret in the wrong place is told apart, and the remedy named', () => {
  assert.deepEqual(problems(stack({}), ['apps']), [
    "apps: holds an encrypted value; remove it, then run pulumi config set --secret --path 'keelson:secrets.APP.NAME'",
  ]);
  assert.deepEqual(problems(stack({ more: { secrets: { shop: { A: 'x' } } } }), []), [
    "secrets: is not encrypted; remove it from the stack file, then run pulumi config set --secret --path 'keelson:secrets.APP.NAME'",
  ]);
});

test('no problem ever shows what is secret', () => {
  const canary = 'hunter2';
  const wrong: Values[] = [
    { secrets: canary },
    { secrets: { shop: canary } },
    { secrets: { shop: { A: { nested: canary } } } },
    { secrets: { shop: { A: `${canary}\0` } } },
    { secrets: { shop: { A: [canary] } } },
    { secrets: [canary] },
  ];
  for (const more of wrong) {
    const all = problems(stack({ more }));
    assert.equal(all.length, 1, JSON.stringify(more));
    assert.match(all[0] ?? '', /^secrets[.\w]*: the value /);
    assert.doesNotMatch(all.join('\n'), new RegExp(canary));
  }
  const inApps = problems(stack({ shop: { start: `${canary} ${canary}` } }), ['apps']);
  assert.equal(inApps.length, 2);
  assert.doesNotMatch(inApps.join('\n'), new RegExp(canary));
  // What is wrong between two apps would tell of both.
  const same = { shop, blog: { ...shop, source: canary } };
  const between = problems({ server, apps: same }, ['apps']);
  assert.deepEqual(between.length, 1);
});

test('a name that would be passed over in silence is refused where it stands', () => {
  const proto = (text: string): Values => JSON.parse(text);
  const refused = 'is a name that JavaScript keeps for itself; choose another';
  const rows: [Values, string][] = [
    [{ apps: { shop: { ...shop, env: proto('{"__proto__":"a"}') } } }, 'apps.shop.env.__proto__'],
    [{ apps: { shop, ...proto('{"__proto__":{}}') } }, 'apps.__proto__'],
    [{ secrets: { shop: proto('{"__proto__":"a"}') } }, 'secrets.shop.__proto__'],
  ];
  for (const [values, at] of rows)
    assert.deepEqual(problems({ server, apps: { shop }, ...values }), [`${at}: ${refused}`]);
  assert.deepEqual(problems(stack({ shop: { env: { constructor: 'a', toString: 'b' } } })), []);
});

test('the configuration of the current stack, as Pulumi hands it over', () => {
  const secrets = JSON.stringify({ shop: { TOKEN: 'x' } });
  const given = {
    'keelson:server': JSON.stringify(server),
    'keelson:apps': JSON.stringify({ shop }),
    'keelson:secrets': secrets,
    'keelson:drift': 'ignore',
    'aws:region': 'eu-central-1',
  };
  pulumi.runtime.setAllConfig(given, ['keelson:secrets']);
  const config = stackConfig();
  assert.equal(config.drift, 'ignore');
  assert.deepEqual(config.hosts[0]?.secrets, { shop: { TOKEN: 'x' } });
  pulumi.runtime.setAllConfig(given, ['keelson:secrets', 'keelson:apps']);
  assert.throws(stackConfig, /apps: holds an encrypted value/);
  pulumi.runtime.setAllConfig({ 'keelson:server': '{"address":' }, []);
  assert.throws(stackConfig, /server: "\{\\"address\\":" does not fit; write a mapping/);
});
