/** What a stack file says of a balancer and of buckets on AWS, and what it brings to apps and servers. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { balancedApps, idleTime } from '../../components/config/aws-balancer.ts';
import { ConfigError, readConfig } from '../../components/config/config.ts';
import { publicKey } from './shop.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-aws-'));
const root = process.cwd();
before(() => {
  process.chdir(directory);
  mkdirSync('shop');
  writeFileSync('shop/server.js', '');
});
after(() => {
  process.chdir(root);
  rmSync(directory, { recursive: true });
});

const made = { aws: { type: 't4g.small' } };
const there = { address: 'web9.example.com' };
const shared = { ssh: ['203.0.113.0/24'], keys: [publicKey] };
const shop = {
  ...{ source: 'shop', start: 'server.js', domains: ['shop.example.com'], health: '/health' },
};
type Settings = {
  apps?: object;
  servers?: object;
  aws?: object;
  rollout?: object;
  secrets?: object;
};

const values = ({ aws, ...given }: Settings) => ({
  ...{ apps: { shop }, servers: { web1: made, web2: made }, ...given },
  aws: { ...shared, ...aws },
});

const read = (given: Settings) =>
  readConfig({ values: values(given), encrypted: new Set(given.secrets ? ['secrets'] : []) });

function problems(given: Settings): readonly string[] {
  try {
    read(given);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
}

const balancer = {};

test('a balancer makes servers on AWS leave it, and close no connection before it does', () => {
  const { hosts, aws } = read({ aws: { balancer }, servers: { web1: made, web9: there } });
  assert.deepEqual(aws?.balancer, { interval: 10, fall: 2, rise: 2 });
  const [web1, web9] = hosts.map(({ server }) => server.nginx);
  assert.deepEqual(web1?.balancerChecks, { interval: 10, fall: 2, rise: 2 });
  assert.equal(web1?.keepalive, 75);
  assert.equal(web9?.balancerChecks, undefined);
  assert.equal(web9?.keepalive, undefined);
  const longer = { web1: { ...made, nginx: { keepalive: '5m' } } };
  assert.equal(read({ aws: { balancer }, servers: longer }).hosts[0]?.server.nginx.keepalive, 300);
  assert.equal(read({}).hosts[0]?.server.nginx.balancerChecks, undefined);
});

test('a server without a web app has nothing to leave', () => {
  const apps = {
    shop: { ...shop, servers: ['web1'] },
    mailer: { type: 'worker', source: 'shop', start: 'server.js' },
  };
  const [web1, web2] = read({ apps, aws: { balancer } }).hosts.map(({ server }) => server.nginx);
  assert.notEqual(web1?.balancerChecks, undefined);
  assert.equal(web2?.balancerChecks, undefined);
});

test('the balancer waits as long as its slowest app may be silent, as far as it can', () => {
  const apps = (...times: number[]) => times.map((timeout) => ({ timeout }));
  assert.equal(idleTime(apps(10, 60)), 60);
  assert.equal(idleTime(apps(60, 300)), 300);
  assert.equal(idleTime(apps(86_400)), 4000);
});

test('behind it are the web apps of servers on AWS', () => {
  const apps = {
    ...{ shop, wiki: { ...shop, domains: ['wiki.example.com'], port: 4300, servers: ['web9'] } },
    mailer: { type: 'worker', source: 'shop', start: 'server.js' },
  };
  const { hosts } = read({ apps, aws: { balancer }, servers: { web1: made, web9: there } });
  assert.deepEqual(
    balancedApps(hosts).map(({ name }) => name),
    ['shop'],
  );
});

const wrong: [string, Settings, string[]][] = [
  [
    'nobody behind it',
    { aws: { balancer }, servers: { web9: there } },
    ['aws.balancer: no web app runs on a server on AWS; put one there, or leave it out'],
  ],
  [
    'a static site that nobody would reach',
    {
      apps: { shop, manual: { type: 'static', source: 'shop', domains: ['manual.example.com'] } },
      aws: { balancer },
      servers: { web1: made },
    },
    [
      'apps.manual: is a static site, which aws.balancer does not ask for, and web1 lets in nobody else beside web apps; let it run on servers without them, or serve its files as static of a web app',
    ],
  ],
  [
    'one zone',
    { aws: { balancer, subnets: ['subnet-0abc1234'] } },
    ['aws.subnets: is one, and a balancer needs two, in two zones; name another one'],
  ],
  [
    'checks that are told twice',
    {
      aws: { balancer },
      servers: {
        web1: made,
        web2: {
          ...made,
          nginx: {
            balancers: ['10.0.0.0/8'],
            balancerChecks: { interval: '10s', fall: 2, rise: 2 },
          },
        },
      },
    },
    ['servers.web2.nginx.balancerChecks: is set by aws.balancer; leave it out'],
  ],
  [
    'an app that is another one on one of its servers',
    {
      aws: { balancer },
      servers: {
        web1: made,
        web2: { ...made, apps: { shop: { domains: ['b.example.com'], rollout: { drain: '5s' } } } },
        web3: { ...made, apps: { shop: { memory: '2G', instances: 3 } } },
      },
    },
    ['domains', 'rollout.drain'].map(
      (it) =>
        `servers.web2.apps.shop.${it}: is another one than on other servers, and the balancer has one for all; write it in apps.shop.${it}`,
    ),
  ],
  [
    'all servers out at once',
    { aws: { balancer }, rollout: { servers: 2 } },
    [
      'rollout.servers: 2 lets web1, web2 leave their load balancers at the same time, so that nobody answers; choose fewer, such as 1',
    ],
  ],
  [
    'an app without a health check',
    { aws: { balancer }, apps: { shop: { ...shop, health: '/' } } },
    [
      'apps.shop.health: is missing, and the balancer asks for it again and again; give a path that tells whether the app works, such as /health',
    ],
  ],
  [
    'an answer that ELB does not take',
    { aws: { balancer }, apps: { shop: { ...shop, rollout: { status: 503 } } } },
    ['apps.shop.rollout.status: 503 is none that the balancer takes; choose 200 to 499'],
  ],
  [
    'clients kept by what the balancer does not see',
    { aws: { balancer }, apps: { shop: { ...shop, sticky: 'address' } } },
    [
      'apps.shop.sticky: the balancer keeps a client at a server by a cookie alone; write cookie, or leave it out',
    ],
  ],
  [
    'one name of two apps on two servers',
    {
      aws: { balancer },
      apps: { shop: { ...shop, servers: ['web1'] }, blog: { ...shop, servers: ['web2'] } },
    },
    [
      'apps.blog.domains: "shop.example.com" belongs to apps.shop at the balancer; name each domain once',
    ],
  ],
  [
    'a name in no zone',
    { aws: { balancer: { zones: ['example.org'] } } },
    [
      'apps.shop.domains: "shop.example.com" lies in none of aws.balancer.zones; add its zone there, or give aws.balancer.certificate',
    ],
  ],
  [
    'nothing to certify',
    {
      aws: { balancer: { zones: ['example.org'] } },
      apps: { shop: { ...shop, domains: ['default'] } },
    },
    ['aws.balancer.zones: no app has a domain; give apps.NAME.domains, or leave zones out'],
  ],
  [
    'checks that ELB does not do',
    { aws: { balancer: { interval: '1s', fall: 1 } } },
    [
      'aws.balancer.interval: "1s" is shorter than 5s; choose 5s to 5m',
      'aws.balancer.fall: 1 is below 2; choose 2 to 10',
    ],
  ],
  [
    'no certificate and no zone',
    { aws: { balancer: { certificate: 'shop.pem', zones: ['Example'] } } },
    [
      'aws.balancer.zones.0: "Example" is not the name of a zone; write it as Route 53 has it, such as example.com',
      'aws.balancer.certificate: "shop.pem" is not a certificate; give its ARN, such as arn:aws:acm:eu-central-1:111122223333:certificate/…',
    ],
  ],
];

for (const [what, given, told] of wrong)
  test(`refused: ${what}`, () => assert.deepEqual(problems(given), told));

test('with a certificate of one’s own a name may lie in no zone', () => {
  const certificate = 'arn:aws:acm:eu-central-1:111122223333:certificate/1a2b-3c';
  assert.deepEqual(problems({ aws: { balancer: { zones: ['example.org'], certificate } } }), []);
});

const uploads = { apps: ['shop'] };

test('an app that uses a bucket may ask for the rights of its machine, and no other app', () => {
  const blog = { ...shop, domains: ['blog.example.com'], port: 4300 };
  const { hosts, aws } = read({ aws: { buckets: { uploads } }, apps: { shop, blog } });
  assert.deepEqual(aws?.buckets, { uploads: { apps: ['shop'], versioning: false } });
  assert.deepEqual(
    hosts[0]?.apps.map((app) => [app.name, 'metadata' in app && app.metadata]),
    [
      ['shop', true],
      ['blog', false],
    ],
  );
});

const strange: [string, Settings, string[]][] = [
  [
    'no such app',
    { aws: { buckets: { uploads: { apps: ['shop', 'wiki'] } } } },
    ['aws.buckets.uploads.apps.1: "wiki" is no app; write the name of one, or leave it out'],
  ],
  [
    'a site that runs nothing',
    {
      aws: { buckets: { uploads: { apps: ['manual'] } } },
      apps: { manual: { type: 'static', source: '.', domains: ['m.de'] } },
    },
    ['aws.buckets.uploads.apps.0: "manual" is a static site, which runs nothing; leave it out'],
  ],
  [
    'an app that runs elsewhere too',
    { aws: { buckets: { uploads } }, servers: { web1: made, web9: there } },
    [
      'aws.buckets.uploads.apps.0: "shop" runs on web9, which gets no rights at AWS; run it on servers on AWS alone',
    ],
  ],
  [
    'an app that reaches nobody',
    {
      aws: { buckets: { uploads } },
      apps: { shop: { ...shop, sandbox: { network: 'localhost' } } },
    },
    ['aws.buckets.uploads.apps.0: "shop" may not reach S3; set apps.shop.sandbox.network to any'],
  ],
  [
    'a variable that is taken',
    {
      aws: { buckets: { 'user-uploads': uploads } },
      apps: { shop: { ...shop, env: { USER_UPLOADS_BUCKET: 'mine' } } },
    },
    [
      'apps.shop.env.USER_UPLOADS_BUCKET: is set by aws.buckets.user-uploads; leave it out, or rename the bucket',
    ],
  ],
  [
    'its name here',
    { aws: { buckets: { Uploads: uploads } } },
    [
      'aws.buckets.Uploads: is not a name; use lower-case letters, digits and hyphens, such as uploads',
    ],
  ],
  [
    'its name at S3',
    { aws: { buckets: { uploads: { ...uploads, name: 'a.b' } } } },
    [
      'aws.buckets.uploads.name: "a.b" is not the name of a bucket; use 3 to 63 lower-case letters, digits and hyphens',
    ],
  ],
];

for (const [what, given, told] of strange)
  test(`refused of a bucket: ${what}`, () => assert.deepEqual(problems(given), told));
