import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import {
  type Config,
  ConfigError,
  readConfig,
  stackConfig,
} from '../../components/config/config.ts';
import { renderHost } from '../../components/config/render.ts';
import { unseen } from '../../components/host/facts.ts';

const project = mkdtempSync(join(tmpdir(), 'keelson-config-'));
mkdirSync(join(project, 'shop'));
writeFileSync(join(project, 'key'), '');
process.chdir(project);
after(() => {
  process.chdir('/');
  rmSync(project, { recursive: true });
});

const key = `ssh-ed25519 ${'A'.repeat(68)}`;
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

const stickyForms =
  'write "cookie" or "address", a mapping with cookie, a mapping with query, a mapping with header or a mapping with path: What keeps a client at one instance: a `cookie` that nginx sets, its `address`, or what its requests say; default: each request goes to the instance with the fewest. Each rollout sends each client elsewhere twice';

const messages: [string, Values, string[]][] = [
  [
    'a type that there is not',
    stack({ shop: { type: 'cron' } }),
    ['apps.shop.type: "cron" is not known; choose "web" or "tcp" or "worker" or "job" or "static"'],
  ],
  [
    'a setting of another type',
    { server, apps: { mailer: { ...mailer, port: 3700, health: '/', strt: 1 } } },
    [
      'apps.mailer.port: is a setting of type "web" or "tcp", not of "worker"; leave it out',
      'apps.mailer.health: is a setting of type "web", not of "worker"; leave it out',
      'apps.mailer.strt: is not a setting; did you mean start?',
    ],
  ],
  [
    'a setting of another type than the one that is not said',
    stack({ shop: { healthy: { stay: '10s' } } }),
    ['apps.shop.healthy: is a setting of type "tcp" or "worker", not of "web"; leave it out'],
  ],
  [
    'what is written in one of several ways',
    {
      server,
      apps: {
        a: { ...mailer, healthy: { command: ['x'], stay: '10s' } },
        b: { ...mailer, healthy: { command: 'ping' } },
        c: { ...mailer, healthy: { stay: 10 } },
        d: { ...mailer, source: { url: 'https://a.de/b.tgz', sha256: 'x' } },
      },
    },
    [
      'apps.a.healthy.command: does not go with stay; keep one of them',
      'apps.b.healthy.command: "ping" does not fit; write a list: Command that runs in the release as an instance would, and ends with 0',
      'apps.c.healthy.stay: 10 does not fit; write text: Time for which an instance that was started must stay up',
      'apps.d.source.sha256: "x" is not a SHA-256; give the 64 lower-case hex digits that sha256sum prints',
    ],
  ],
  [
    'a word that is none of several ways',
    stack({ shop: { instances: 'auto' } }),
    [
      'apps.shop.instances: "auto" does not fit; write "cores" or a whole number from 1 to 256: Number of instances; `cores`: one for each core, and at least two. With 1 each release costs seconds in which nobody answers',
    ],
  ],
  [
    'a version of Node.js that is none, and one without its tarball',
    {
      server,
      apps: {
        a: { ...mailer, node: 'latest' },
        b: { ...mailer, node: 4 },
        c: { ...mailer, node: { version: '24.11.0' } },
      },
    },
    [
      'apps.a.node: "latest" is neither debian, none nor a version of Node.js; write one such as 24 or 24.11.0',
      'apps.b.node: 4 is neither debian, none nor a version of Node.js; write one such as 24 or 24.11.0',
      'apps.c.node.sha256: is missing; write text: SHA-256 of the tarball, as sha256sum prints it; for a build that is found by its version write the version alone, such as `node: 24`',
    ],
  ],
  [
    'a mapping that is nearest to one of several ways',
    {
      server,
      apps: {
        a: { ...mailer, source: { url: 'https://a.de/b.tgz' } },
        b: { ...mailer, source: { url: 'https://a.de/b.tgz', shasum: 'x' } },
        c: { ...mailer, source: { url: 'https://a.de/b.tgz', path: 'b', sha256: 'a'.repeat(64) } },
        d: { ...mailer, source: 5 },
      },
    },
    [
      'apps.a.source.sha256: is missing; write text: SHA-256 as sha256sum prints it',
      'apps.b.source.sha256: is missing; write text: SHA-256 as sha256sum prints it',
      'apps.b.source.shasum: is not a setting; choose among url, sha256, strip',
      'apps.c.source.path: does not go with url and sha256; keep one of them',
      'apps.d.source: 5 does not fit; write text (path on the machine that runs Pulumi, relative to the project), a mapping with path or a mapping with url and sha256: Where the code is: a directory (`.keelsonignore` says what stays out), a tarball, or the url and sha256 of one',
    ],
  ],
  [
    'a mapping that is as near to one of several ways as to another',
    {
      server,
      apps: {
        shop: { ...shop, sticky: {} },
        blog: { ...shop, port: 5000, domains: ['b.de'], sticky: { by: 'x' } },
        wiki: { ...shop, port: 6100, domains: ['w.de'], sticky: { query: 'a', header: 'b' } },
        chat: { ...shop, port: 7000, domains: ['c.de'], sticky: 'hash' },
      },
    },
    [
      `apps.shop.sticky: a mapping does not fit; ${stickyForms}`,
      `apps.blog.sticky: a mapping does not fit; ${stickyForms}`,
      'apps.wiki.sticky.header: does not go with query; keep one of them',
      `apps.chat.sticky: "hash" does not fit; ${stickyForms}`,
    ],
  ],
  [
    'a server that there is not',
    { servers: two, apps: { shop: { ...shop, servers: ['web1', 'web3'] } } },
    ['apps.shop.servers.1: there is no server "web3"; choose among web1, web2, or leave it out'],
  ],
  [
    'an app that runs nowhere',
    stack({ shop: { servers: [] } }),
    ['apps.shop.servers: a list is empty; name at least one server, or leave it out'],
  ],
  [
    'nothing',
    {},
    ['server: is missing; write a mapping: A server: how it is reached, and its settings'],
  ],
  [
    'a missing field',
    { server: {} },
    [
      'server.address: is missing; write where the server is reached over SSH, or aws for one that is made there',
    ],
  ],
  [
    'a missing field that may be written in several ways',
    { server, apps: { shop: { start: 'server.js', domains: ['default'] } } },
    [
      'apps.shop.source: is missing; write it: Where the code is: a directory (`.keelsonignore` says what stays out), a tarball, or the url and sha256 of one',
    ],
  ],
  [
    'another type',
    { server: { ...server, user: 7, packages: 'curl' } },
    [
      'server.user: 7 does not fit; write text: Who logs in: root, or a user with passwordless sudo; default: as ssh_config says, else root',
      'server.packages: "curl" does not fit; write a list: Debian packages to install besides what the apps need',
    ],
  ],
  [
    'a number out of bounds',
    stack({ shop: { port: 80 } }),
    ['apps.shop.port: 80 is below 1024; choose 1024 to 65535'],
  ],
  [
    'a key with a slip',
    { server: { ...server, adress: 'x', Timezone: 'UTC' } },
    [
      'server.adress: is not a setting; did you mean address?',
      'server.Timezone: is not a setting; did you mean timezone?',
    ],
  ],
  [
    'a key that is like no other',
    { server: { ...server, journal: { zzz: 1 } } },
    ['server.journal.zzz: is not a setting; choose among size, free, retention, lineMax'],
  ],
  [
    'a key of the stack with a slip',
    { server, app: {} },
    ['app: is not a setting; did you mean apps?'],
  ],
  [
    'a word that is not known',
    { server, drift: 'no' },
    ['drift: "no" is not known; choose "look" or "ignore"'],
  ],
  [
    'a union, in the way that was meant',
    { server, rollout: { servers: '200%' } },
    ['rollout.servers: "200%" is not a percentage; write 1% to 100%'],
  ],
  [
    'a union, in none of its ways',
    { server, rollout: { servers: [] } },
    [
      'rollout.servers: a list does not fit; write a whole number from 1 to 1000 or text (share, such as 25%): How many servers, or what share of them, move to a release at the same time',
    ],
  ],
  [
    'text where a mapping belongs',
    { server, apps: 'shop' },
    ['apps: "shop" does not fit; write a mapping'],
  ],
  [
    'a name that Debian has',
    { server, apps: { nginx: shop } },
    ['apps.nginx: "nginx" is a name that Debian uses itself; choose another'],
  ],
  [
    'a kernel setting',
    { server: { ...server, sysctl: { 'net;x': 1, 'net.x': 'a;b' } } },
    [
      'server.sysctl.net;x: is not a kernel setting; write one such as net.core.somaxconn',
      'server.sysctl.net.x: "a;b" is not a kernel value; write numbers or words with one space between them',
    ],
  ],
  [
    'time zones',
    {
      servers: {
        a: { ...server, timezone: 'Europe/Atlantis' },
        b: { address: 'b', timezone: 'x' },
      },
    },
    [
      'servers.a.timezone: "Europe/Atlantis" is a time zone that does not exist; see `timedatectl list-timezones`',
      'servers.b.timezone: "x" is not a time zone; write one such as Europe/Berlin or Etc/UTC',
    ],
  ],
  [
    'two ways to know the host',
    { server: { ...server, hostKey: key, knownHosts: 'known_hosts' } },
    ['server.knownHosts: "known_hosts" is given beside hostKey; keep one of them'],
  ],
  [
    'a deploy user who logs in for the kit',
    { server: { ...server, user: 'ops', deploy: { name: 'ops', keys: [key] } } },
    [
      'server.deploy.name: "ops" is the user who logs in; choose another, whose keys the kit may own',
    ],
  ],
  [
    'a deploy user without keys',
    { server: { ...server, deploy: { keys: [] } } },
    ['server.deploy.keys: a list is empty; give at least one public key, or leave `deploy` out'],
  ],
  ['no servers', { servers: {} }, ['servers: is empty; name at least one server']],
  [
    'one server twice',
    { servers: { web1: server, web2: server } },
    [
      'servers.web2.address: "web1.example.com" is the address of servers.web1; name each server once',
    ],
  ],
  [
    'a server’s name',
    { servers: { 'web 1': server } },
    [
      'servers.web 1: "web 1" is not a name; use a lower-case letter, then up to 30 lower-case letters, digits or hyphens',
    ],
  ],
  [
    'ports of two apps',
    { server, apps: { shop, blog: { ...blog, port: 3710 } } },
    [
      'apps.blog.port: 3710 and the ports after it meet 3700 to 3763, which apps.shop keeps for its instances; choose 3764, or set instances',
    ],
  ],
  [
    'ports that outgoing connections use',
    stack({ shop: { port: 40000, instances: 2 } }),
    [
      'apps.shop.port: 40000 and the ports after it meet 32768 to 65535, which outgoing connections of server use; choose a lower one, or set sysctl net.ipv4.ip_local_port_range',
    ],
  ],
  [
    'one domain twice',
    {
      server,
      apps: { shop, blog: { ...blog, domains: ['blog.example.com', 'shop.example.com'] } },
    },
    ['apps.blog.domains.1: "shop.example.com" belongs to apps.shop; name each domain once'],
  ],
  [
    'the name that Monit asks for',
    stack({ shop: { domains: ['keelson.localhost'] } }),
    [
      'apps.shop.domains.0: "keelson.localhost" is the name by which Monit asks nginx whether it works; choose another',
    ],
  ],
  [
    'a directory whose variable would be none',
    stack({ shop: { data: ['1a'] } }),
    [
      'apps.shop.data.0: "1a" begins with a digit, which the variable that names it cannot; choose another name',
    ],
  ],
  [
    'directories with one variable',
    stack({ shop: { uploads: { '/f': 'files', '/g': 'a.b' }, data: ['files', 'a-b', 'c', 'c'] } }),
    [
      'apps.shop.data.0: "files" is FILES_DIR in the environment, as "files" of uploads./f is; choose another name',
      'apps.shop.data.1: "a-b" is A_B_DIR in the environment, as "a.b" of uploads./g is; choose another name',
      'apps.shop.data.3: "c" is C_DIR in the environment, as "c" of data.2 is; choose another name',
    ],
  ],
  [
    'URL paths that are one to nginx',
    stack({ shop: { uploads: { '/f': 'a', '/f/': 'b' }, static: { '/f': 'public', '/': 'x' } } }),
    [
      'apps.shop.uploads./f/: is the URL path of uploads./f too; keep one of them',
      'apps.shop.static./f: is the URL path of uploads./f too; keep one of them',
    ],
  ],
  [
    'an app with a person’s name',
    {
      server: { ...server, user: 'ops', deploy: { keys: [key] } },
      apps: { deploy: shop, ops: blog },
    },
    [
      'apps.deploy: "deploy" is the deploy user of server, and an app has a user of its own name; rename the app',
      'apps.ops: "ops" is the user who logs in of server, and an app has a user of its own name; rename the app',
    ],
  ],
  [
    'secrets of an app that is not there',
    stack({ more: { secrets: { blog: { A: 'x' } } } }),
    ['secrets.blog: there is no app blog; remove it, or name an app'],
  ],
  [
    'a variable that is plain and secret',
    stack({ shop: { env: { A: 'x' } }, more: { secrets: { shop: { A: 'y' } } } }),
    ['secrets.shop.A: is given in apps.shop.env too; remove one of them'],
  ],
  [
    'files that are not there',
    stack({ server: { privateKey: '~/no such key' }, shop: { source: '../elsewhere' } }),
    [
      `server.privateKey: "~/no such key" cannot be read; give a path from ${process.cwd()}`,
      `apps.shop.source: "../elsewhere" cannot be read; give a path from ${process.cwd()}`,
    ],
  ],
];

for (const [what, values, expected] of messages)
  test(`says what to do about ${what}`, () => assert.deepEqual(problems(values), expected));

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
