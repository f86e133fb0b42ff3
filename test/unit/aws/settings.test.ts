/** What a stack file says of servers on AWS: all problems at once, each with its path and remedy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsServer } from '../../../components/aws/server.ts';
import { type Config, ConfigError, readConfig } from '../../../components/config/config.ts';
import { engine } from '../engine.ts';
import { publicKey } from '../shop.ts';

const aws = { ssh: ['203.0.113.0/24'], keys: [publicKey] };
const server = { aws: { type: 't4g.small' } };
const read = (values: Record<string, unknown>): Config =>
  readConfig({ values, encrypted: new Set() });

function problems(values: Record<string, unknown>): readonly string[] {
  try {
    read(values);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('the smallest server on AWS is an instance type', () => {
  const [host, ...others] = read({ server, aws }).hosts;
  assert.deepEqual(others, []);
  assert.deepEqual(host?.aws, {
    ...{ type: 't4g.small', release: 'trixie', disk: '20G', ssm: false, boot: 300, tags: {} },
  });
  // Reaches nobody, should anything ask there before it has an address of its own.
  assert.equal(host?.server.address, 'server.invalid');
});

test('servers that are made and such that are there are in one stack', () => {
  const { hosts } = read({ servers: { web1: server, old: { address: 'old.example.com' } }, aws });
  assert.deepEqual(
    hosts.map(({ name, aws, server }) => [name, aws?.type, server.address]),
    [
      ['web1', 't4g.small', 'web1.invalid'],
      ['old', undefined, 'old.example.com'],
    ],
  );
});

test('what several share of AWS one that is there takes out', () => {
  const old = { address: 'old.example.com', aws: null };
  const { hosts } = read({ server, aws, servers: { web1: { user: 'admin' }, old } });
  assert.deepEqual(
    hosts.map(({ name, aws, server }) => [name, aws?.type, server.address]),
    [
      ['web1', 't4g.small', 'web1.invalid'],
      ['old', undefined, 'old.example.com'],
    ],
  );
});

test('a server is made or there, and what the program knows nobody else says', () => {
  assert.deepEqual(problems({ server: {} }), [
    'server.address: is missing; write where the server is reached over SSH, or aws for one that is made there',
  ]);
  assert.deepEqual(
    problems({ server: { ...server, address: 'a.example.com', port: 2222, knownHosts: 'x' }, aws }),
    [
      'server.address: "a.example.com" is given beside aws, whose servers get one of their own; keep one of them, or write aws: null where servers share aws',
      'server.port: 2222 is given beside aws, where sshd listens on 22 and nothing else is let in; leave it out',
      'server.knownHosts: "x" is given beside aws, where the program makes the host key itself; leave it out',
    ],
  );
});

test('who may log in on a server on AWS has to be said', () => {
  assert.deepEqual(problems({ server }), [
    'aws: is missing; write ssh and keys, since servers are made on AWS: who may log in there',
  ]);
});

test('ssh is open to nobody and to the world by no accident', () => {
  const ssh = (given: unknown) => problems({ server, aws: { ...aws, ssh: given } });
  assert.deepEqual(ssh('anywhere'), []);
  assert.deepEqual(ssh([]), [
    'aws.ssh: a list is empty, so that nobody could log in; name your networks, such as 203.0.113.0/24',
  ]);
  for (const world of ['0.0.0.0/0', '::/0'])
    assert.deepEqual(ssh([world]), [
      `aws.ssh.0: "${world}" is the whole world; name your own networks, or write ssh: anywhere`,
    ]);
  assert.match(ssh('everywhere').join(), /^aws\.ssh: "everywhere"/);
});

test('the volume for uploads is mounted where a disk can be', () => {
  const mount = (path: string) =>
    problems({ server: { aws: { ...server.aws, uploads: { size: '1G', mount: path } } }, aws });
  assert.deepEqual(mount('/srv/media'), []);
  assert.deepEqual(mount('/mnt/shop-uploads'), [
    'server.aws.uploads.mount: "/mnt/shop-uploads" is not a place to mount a disk at; write one such as /mnt/uploads, without a hyphen',
  ]);
});

test('all problems are told at once', () => {
  const told = problems({
    servers: {
      web1: {
        aws: {
          ...{ type: 'small', zone: 'eu-central-1', release: 'sid', image: 'debian', disk: '20' },
          ...{ uploads: { mount: 'uploads' }, boot: '2h', kmsKey: 'a b', tags: { Name: 'x' } },
        },
      },
    },
    aws: { ssh: ['10.0.0.0/8'], keys: [], vpc: 'own', subnets: ['a'] },
  });
  assert.deepEqual(
    told.map((line) => line.replace(/: .*/s, '')).sort(),
    [
      ...['aws.keys', 'aws.subnets.0', 'aws.vpc'],
      ...['boot', 'disk', 'image', 'kmsKey', 'release', 'tags.Name', 'type'].map(
        (key) => `servers.web1.aws.${key}`,
      ),
      ...['uploads.mount', 'uploads.size', 'zone'].map((key) => `servers.web1.aws.${key}`),
    ].sort(),
  );
  assert.match(
    told.join('\n'),
    /web1\.aws\.type: "small" is not an instance type; write one such as t4g\.small/,
  );
});

test('a program of one’s own is told the same', async () => {
  await engine();
  assert.throws(() => new AwsServer('web1', { type: 'small', ssh: ['0.0.0.0/0'], keys: [] }), {
    message:
      /^server web1 has 3 problems:\n(?=.*type: "small")(?=.*ssh\.0: "0\.0\.0\.0\/0" is the whole world)(?=.*keys: )/s,
  });
});
