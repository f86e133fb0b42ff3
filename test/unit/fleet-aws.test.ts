/** A stack file's servers, balancer and buckets on AWS together, with Pulumi's engine and AWS's answers mocked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebApp } from '../../components/app/types/web.ts';
import { awsSchema } from '../../components/config/aws.ts';
import { stackServerSchema } from '../../components/config/server.ts';
import { onAws } from '../../components/fleet/aws.ts';
import { addressesOf } from '../../components/fleet/fleet.ts';
import { AwsBalancer, AwsBucket, AwsServer, Host, type HostArgs } from '../../components/index.ts';
import { account, computed, typed } from './aws/account.ts';
import { type Engine, engine } from './engine.ts';
import { chat, mailer, manual, publicKey, shop, web1 } from './shop.ts';

const cidrs: Record<string, string> = { 'subnet-a': '172.31.0.0/20', 'subnet-b': '172.31.16.0/20' };
const answers = {
  ...account,
  getSubnet: ({ id }: { id?: string }) => ({
    ...{
      ...account.getSubnet({ ...(id && { id }) }),
      cidrBlock: cidrs[id ?? ''],
      ipv6CidrBlock: '',
    },
  }),
  getCallerIdentity: () => ({ accountId: '111122223333' }),
  getRegion: () => ({ region: 'eu-central-1' }),
};

const app = shop({ health: '/health' });
const machine = stackServerSchema.parse({ aws: { type: 't4g.small' } }).aws;
const hosts = ['web1', 'web2'].map((name) => ({
  ...{ name, server: { ...web1({ nginx: { balancers: ['10.0.0.0/8'] } }), name }, aws: machine },
  ...{ apps: [app], secrets: {} },
})) as Parameters<typeof onAws>[0];

const shared = awsSchema.parse({
  ...{ ssh: ['203.0.113.0/24'], keys: [publicKey] },
  ...{ balancer: {}, buckets: { uploads: { apps: ['shop'] } }, tags: { Team: 'shop' } },
});

async function settled({ ended }: Engine): Promise<void> {
  for (let quiet = 0, last = 0; quiet < 10; await sleep(10)) {
    quiet = ended.length === last ? quiet + 1 : 0;
    last = ended.length;
  }
}

test('what AWS knows of a host is in it before it is rendered', async () => {
  const made = await engine({ answers, computed });
  const [host] = await Promise.all(hosts.map(onAws(hosts, shared).complete));
  await settled(made);
  assert.deepEqual(host?.server.nginx.balancers, ['10.0.0.0/8', '172.31.0.0/20', '172.31.16.0/20']);
  assert.deepEqual((host?.apps[0] as WebApp | undefined)?.env, {
    AWS_REGION: 'eu-central-1',
    UPLOADS_BUCKET: 'keelson-test-uploads-111122223333-eu-central-1',
  });
});

test('a server lets the world in at the public ports of its TCP services, and at no others', async () => {
  const made = await engine({ answers, computed });
  const apps = [
    chat({ public: 7000, port: 3800 }),
    { ...chat({ public: 'each', port: 3900, instances: 3 }), name: 'room' },
    { ...chat({ public: 'each', port: 4000 }), name: 'hall' },
  ];
  onAws([{ ...hosts[0], apps }] as never, { ...shared, balancer: undefined, buckets: {} });
  await settled(made);
  const { ingress } = typed(made, 'aws:ec2/securityGroup:SecurityGroup').inputs;
  assert.deepEqual(
    (ingress as { description: string; fromPort: number; toPort: number }[]).map(
      ({ description, fromPort, toPort }) => `${description} ${fromPort}-${toPort}`,
    ),
    ['ssh 22-22', 'chat 7000-7000', 'room 3900-3902', 'hall 4000-4063'],
  );
});

const groupOf = ({ registered }: Engine, name: string) =>
  registered.find((it) => it.type.endsWith(':SecurityGroup') && it.name === name)?.inputs as {
    ingress: { description: string; cidrBlocks?: string[] }[];
  };

test('http is let in where something is asked by it: a site, or a status page for others', async () => {
  const site = [manual()];
  const status = { domain: 'status.example.com' };
  const cases: [object[], object, boolean][] = [
    [site, {}, true],
    [[mailer()], {}, false],
    [[mailer()], { status }, true],
    [[], { status: { ...status, allow: ['10.0.0.0/8', '127.0.0.1'] } }, true],
    [[], { status: { ...status, allow: ['127.0.0.1', '::1'] } }, false],
  ];
  for (const [apps, server, isOpen] of cases) {
    const made = await engine({ answers, computed });
    const own = { ...hosts[0], server: { ...hosts[0]?.server, ...server }, apps };
    // Beside a server whose web app is asked by a balancer.
    onAws([own, hosts[1]] as never, { ...shared, buckets: {} });
    await settled(made);
    const { ingress } = groupOf(made, 'web1');
    const http = ingress.find(({ description }) => description === 'http');
    assert.deepEqual(http?.cidrBlocks, isOpen ? ['0.0.0.0/0'] : undefined, JSON.stringify(server));
  }
});

test('servers are asked for http by the balancer alone, get its requests, and have rights to the bucket', async () => {
  const made = await engine({ answers, computed });
  onAws(hosts, shared);
  await settled(made);
  const inputs = (type: string, name: string) =>
    made.registered.find((it) => it.type.endsWith(`:${type}`) && it.name === name)?.inputs ?? {};
  const { ingress } = groupOf(made, 'web2');
  const asked = { description: 'http', protocol: 'tcp', fromPort: 80, toPort: 80 };
  assert.deepEqual(ingress[1], { ...asked, securityGroups: ['balancer'] });
  for (const name of ['web1', 'web2']) {
    assert.equal(inputs('TargetGroupAttachment', `balancer-shop@${name}`).targetId, 'i-own');
    assert.equal(inputs('RolePolicy', `uploads@${name}`).role, 'web1-role');
  }
  const tags = { Team: 'shop', 'keelson:project': 'keelson', 'keelson:stack': 'test' };
  assert.deepEqual(inputs('LoadBalancer', 'balancer').tags, { ...tags, Name: 'balancer' });
  const bucket = made.registered.find(({ type }) => type === 'aws:s3/bucket:Bucket');
  assert.deepEqual(bucket?.inputs.tags, { ...tags, Name: 'uploads' });
});

test('without either nothing more is made than the servers', async () => {
  const made = await engine({ answers, computed });
  const { balancer: _, ...rest } = shared;
  const { complete } = onAws(hosts, { ...rest, buckets: {} });
  await settled(made);
  assert.deepEqual(
    made.registered.filter(({ type }) => /:lb\/|:s3\/|:acm\/|:route53\/|rolePolicy|iam/.test(type)),
    [],
  );
  assert.deepEqual(await complete(hosts[0] as (typeof hosts)[0]), hosts[0]);
});

test('a host that is there already stays as it was said', async () => {
  const made = await engine({ answers, computed });
  const [host] = hosts.map(({ aws: _, ...there }) => there);
  assert.equal(onAws(hosts, shared).complete(host as (typeof hosts)[0]), host);
  await settled(made);
});

const given = {
  ...{ source: '.', start: 'server.js', domains: ['shop.example.com'], health: '/health' },
};

/** Held by the compiler: the example of docs/aws.md. */
export function program(): void {
  const apps = { shop: given };
  const balancer = new AwsBalancer('www', { zones: ['example.com'], apps });
  const machine = new AwsServer('web1', {
    ...{ type: 't4g.small', ssh: ['203.0.113.0/24'], keys: [publicKey] },
    ...{ balancer: balancer.securityGroupId, role: true },
  });
  balancer.add('web1', machine.instanceId, ['shop']);
  new AwsBucket('uploads', { name: 'shop-uploads-111122223333', roles: { web1: machine.role } });
  const nginx = {
    ...{ balancers: balancer.networks, keepalive: '75s' },
    balancerChecks: { interval: '10s', fall: 2, rise: 2 },
  };
  new Host('web1', { machine, apps, nginx } satisfies HostArgs);
}

test('where no server was made there are no addresses, of which Pulumi says nothing', () => {
  assert.equal(addressesOf([]), null);
});
