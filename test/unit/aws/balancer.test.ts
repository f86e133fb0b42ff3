/** What a balancer is made of, with Pulumi's engine and AWS's answers mocked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as pulumi from '@pulumi/pulumi';
import { makeBalancer } from '../../../components/aws/balancing.ts';
import { readBalancer } from '../../../components/config/balanced-apps.ts';
import type { AppSettings } from '../../../components/config/host.ts';
import { AwsBalancer, type AwsBalancerArgs } from '../../../components/index.ts';
import { awsFindings } from '../../../tools/policy/aws.ts';
import { type Engine, engine } from '../engine.ts';
import { stepsOf } from '../review/preview-of.ts';

const network = {
  vpc: 'vpc-11111111',
  subnets: { 'eu-central-1a': 'subnet-aaaaaaaa', 'eu-central-1b': 'subnet-bbbbbbbb' },
};
const cidrs: Record<string, string> = {
  'subnet-aaaaaaaa': '172.31.0.0/20',
  'subnet-bbbbbbbb': '172.31.16.0/20',
};
const shop: AppSettings = {
  ...{ source: '.', start: 'server.js', domains: ['shop.example.com'], health: '/health' },
};

/** Proofs that ACM asks for. */
const domainValidationOptions = ['shop.example.com', '*.example.com', 'www.example.com'].map(
  (domainName) => ({
    domainName,
    resourceRecordName: `_proof.${domainName.replace('*.', '')}.`,
    resourceRecordType: 'CNAME',
    resourceRecordValue: '_value.acm-validations.aws.',
  }),
);

type Given = Partial<AwsBalancerArgs> & { six?: boolean; apps?: Record<string, AppSettings> };

/** Makes one, and lets a server get requests for the app. */
async function made({ six = false, ...given }: Given = {}): Promise<Engine> {
  const engineOf = await engine({
    preview: false,
    answers: {
      getSubnet: ({ id }) => ({
        ...{ id, cidrBlock: cidrs[String(id)] },
        ipv6CidrBlock: six ? '2001:db8::/64' : '',
      }),
      getZone: ({ name }) => ({ zoneId: `Z-${name}` }),
    },
    computed: {
      'aws:lb/loadBalancer:LoadBalancer': {
        ...{ arn: 'arn:lb', dnsName: 'ks-1.elb.amazonaws.com', zoneId: 'ZELB' },
      },
      'aws:lb/targetGroup:TargetGroup': { arn: 'arn:group' },
      'aws:lb/listener:Listener': { arn: 'arn:listener' },
      'aws:acm/certificate:Certificate': { arn: 'arn:certificate', domainValidationOptions },
      'aws:route53/record:Record': { fqdn: 'proof.example.com' },
    },
  });
  const args = { network, apps: { shop }, ...given } as AwsBalancerArgs;
  const balancer = new AwsBalancer('www', args);
  balancer.add('web1', 'i-1', Object.keys(given.apps ?? { shop }));
  await balancer.networks;
  for (let quiet = 0, last = 0; quiet < 5; await sleep(10)) {
    quiet = engineOf.ended.length === last ? quiet + 1 : 0;
    last = engineOf.ended.length;
  }
  return engineOf;
}

/** Types and names of all that was made. */
const all = ({ registered }: Engine): string[] =>
  registered.map(({ type, name }) => `${type.replace(/^.*:/, '')} ${name}`).sort();

const find = ({ registered }: Engine, type: string, name: string) => {
  const [found, ...others] = registered.filter(
    (it) => it.type.endsWith(`:${type}`) && it.name === name,
  );
  assert.ok(found && others.length === 0, `${type} ${name}`);
  return found;
};

const tags = { Name: 'www', 'keelson:project': 'keelson', 'keelson:stack': 'test' };
const everybody = { cidrBlocks: ['0.0.0.0/0'], ipv6CidrBlocks: ['::/0'] };

test('with a zone: names, certificate, http to https, and no more', async () => {
  const engine = await made({ zones: ['example.com'] });
  assert.deepEqual(all(engine), [
    'Balancer www',
    'Certificate www',
    'CertificateValidation www',
    'Listener www-http',
    'Listener www-https',
    'ListenerRule www-shop-1',
    'LoadBalancer www',
    'Record www-shop.example.com-A',
    'Record www-shop.example.com-proof',
    'SecurityGroup www',
    'TargetGroup www-shop',
    'TargetGroupAttachment www-shop@web1',
  ]);
  for (const { parent, type } of engine.registered)
    assert.equal(parent, type.endsWith(':Balancer') ? '' : 'www');
});

test('http and https for everybody break no policy', async () => {
  assert.deepEqual(awsFindings(stepsOf(await made()), [22]), []);
});

test('the balancer stands in the zones of its network, and drops what is no header', async () => {
  assert.deepEqual(find(await made(), 'LoadBalancer', 'www').inputs, {
    ...{ namePrefix: 'ks-', loadBalancerType: 'application', internal: false, tags },
    ...{ subnets: ['subnet-aaaaaaaa', 'subnet-bbbbbbbb'], securityGroups: ['www'] },
    ...{ ipAddressType: 'ipv4', idleTimeout: 60 },
    ...{ dropInvalidHeaderFields: true, preserveHostHeader: true },
  });
});

test('everybody may ask it for http and https, and it asks nobody but nginx', async () => {
  assert.deepEqual(find(await made(), 'SecurityGroup', 'www').inputs, {
    ...{ vpcId: 'vpc-11111111', description: 'Balancer www of Keelson', tags },
    ingress: [
      { description: 'http', protocol: 'tcp', fromPort: 80, toPort: 80, ...everybody },
      { description: 'https', protocol: 'tcp', fromPort: 443, toPort: 443, ...everybody },
    ],
    egress: [
      {
        ...{ description: 'servers', protocol: 'tcp', fromPort: 80, toPort: 80 },
        cidrBlocks: ['172.31.0.0/20', '172.31.16.0/20'],
      },
    ],
  });
});

test('the group of an app asks for its health as rollouts expect, and drains as long as they do', async () => {
  const engine = await made({ interval: '5s', fall: 3, rise: 4 });
  assert.deepEqual(find(engine, 'TargetGroup', 'www-shop').inputs, {
    ...{ namePrefix: 'ks-', vpcId: 'vpc-11111111' },
    ...{ targetType: 'instance', port: 80, protocol: 'HTTP', deregistrationDelay: 30 },
    healthCheck: {
      ...{ path: '/keelson-health/shop', protocol: 'HTTP', port: 'traffic-port', matcher: '200' },
      ...{ interval: 5, timeout: 4, unhealthyThreshold: 3, healthyThreshold: 4 },
    },
    stickiness: { enabled: false, type: 'lb_cookie' },
    tags: { ...tags, Name: 'www-shop' },
  });
  assert.deepEqual(find(engine, 'TargetGroupAttachment', 'www-shop@web1').inputs, {
    ...{ targetGroupArn: 'arn:group', targetId: 'i-1', port: 80 },
  });
});

test('what an app says of drain, status, silence and cookies is the balancer’s too', async () => {
  const own: AppSettings = {
    ...shop,
    ...{ sticky: 'cookie', timeout: '5m', rollout: { drain: '2m', status: 204 } },
  };
  const engine = await made({ apps: { shop: own } });
  const { inputs } = find(engine, 'TargetGroup', 'www-shop');
  assert.equal(inputs.deregistrationDelay, 120);
  assert.equal((inputs.healthCheck as { matcher: string }).matcher, '204');
  assert.deepEqual(inputs.stickiness, { enabled: true, type: 'lb_cookie', cookieDuration: 86_400 });
  assert.equal(find(engine, 'LoadBalancer', 'www').inputs.idleTimeout, 300);
});

test('http leads to https, which takes TLS 1.2 and 1.3 alone', async () => {
  const engine = await made({ zones: ['example.com'] });
  const common = { loadBalancerArn: 'arn:lb', tags };
  assert.deepEqual(find(engine, 'Listener', 'www-http').inputs, {
    ...{ ...common, port: 80, protocol: 'HTTP' },
    defaultActions: [
      {
        type: 'redirect',
        redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' },
      },
    ],
  });
  assert.deepEqual(find(engine, 'Listener', 'www-https').inputs, {
    ...{ ...common, port: 443, protocol: 'HTTPS', certificateArn: 'arn:certificate' },
    sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
    defaultActions: [
      {
        type: 'fixed-response',
        fixedResponse: { contentType: 'text/plain', messageBody: '', statusCode: '404' },
      },
    ],
  });
  // Lest visitors are sent to https before it is there.
  assert.ok(find(engine, 'Listener', 'www-http').dependsOn.includes('www-https'));
  const { inputs } = find(engine, 'ListenerRule', 'www-shop-1');
  assert.deepEqual(
    { ...inputs, priority: undefined },
    {
      ...{ listenerArn: 'arn:listener', tags, priority: undefined },
      conditions: [{ hostHeader: { values: ['shop.example.com'] } }],
      actions: [{ type: 'forward', targetGroupArn: 'arn:group' }],
    },
  );
});

test('the certificate is for all names, each proven in its zone once', async () => {
  const domains = ['shop.example.com', '*.example.com', '192.0.2.1', 'default'];
  const apps = { shop: { ...shop, domains, redirectFrom: ['www.example.com'] } };
  const engine = await made({ zones: ['example.com', 'shop.example.com'], apps });
  assert.deepEqual(find(engine, 'Certificate', 'www').inputs, {
    domainName: 'shop.example.com',
    subjectAlternativeNames: ['*.example.com', 'www.example.com'],
    ...{ validationMethod: 'DNS', tags },
  });
  const proofs = engine.registered.filter(({ name }) => name.endsWith('-proof'));
  assert.deepEqual(
    proofs.map(({ name, inputs: { zoneId, name: record } }) => [name, zoneId, record]),
    [
      ['www-shop.example.com-proof', 'Z-shop.example.com', '_proof.shop.example.com.'],
      ['www-example.com-proof', 'Z-example.com', '_proof.example.com.'],
      ['www-www.example.com-proof', 'Z-example.com', '_proof.www.example.com.'],
    ],
  );
  assert.deepEqual(proofs[0]?.inputs, {
    ...{ zoneId: 'Z-shop.example.com', name: '_proof.shop.example.com.', type: 'CNAME' },
    ...{ records: ['_value.acm-validations.aws.'], ttl: 60, allowOverwrite: true },
  });
  // All other names are this app's.
  assert.deepEqual(find(engine, 'Listener', 'www-https').inputs.defaultActions, [
    { type: 'forward', targetGroupArn: 'arn:group' },
  ]);
});

test('names lead to the balancer, by IPv6 too where its network has it', async () => {
  const records = async (six: boolean) =>
    (await made({ zones: ['example.com'], six })).registered
      .filter(({ inputs }) => inputs.aliases)
      .map(({ inputs }) => inputs);
  const alias = { name: 'ks-1.elb.amazonaws.com', zoneId: 'ZELB', evaluateTargetHealth: true };
  const record = { zoneId: 'Z-example.com', name: 'shop.example.com', aliases: [alias] };
  assert.deepEqual(await records(false), [{ ...record, type: 'A' }]);
  assert.deepEqual(await records(true), [
    { ...record, type: 'A' },
    { ...record, type: 'AAAA' },
  ]);
});

const certificate = 'arn:aws:acm:eu-central-1:111122223333:certificate/1a2b';

test('a certificate that is there already is used, and none is made', async () => {
  const engine = await made({ certificate });
  assert.equal(find(engine, 'Listener', 'www-https').inputs.certificateArn, certificate);
  assert.doesNotMatch(all(engine).join('\n'), /Certificate|Record/);
});

test('without either visitors come over http alone', async () => {
  const engine = await made();
  assert.deepEqual(
    all(engine).filter((it) => /Listener|Certificate|Record/.test(it)),
    ['Listener www-http', 'ListenerRule www-shop-1'],
  );
  assert.equal(
    (find(engine, 'Listener', 'www-http').inputs.defaultActions as { type: string }[])[0]?.type,
    'fixed-response',
  );
});

test('each of several apps has a group, and the names that lead to it', async () => {
  const blog = { ...shop, domains: ['blog.example.com'], port: 4300 };
  const engine = await made({ apps: { shop, blog } });
  for (const app of ['shop', 'blog']) {
    const { healthCheck } = find(engine, 'TargetGroup', `www-${app}`).inputs;
    assert.equal((healthCheck as { path: string }).path, `/keelson-health/${app}`);
    const { conditions } = find(engine, 'ListenerRule', `www-${app}-1`).inputs;
    assert.deepEqual(conditions, [{ hostHeader: { values: [`${app}.example.com`] } }]);
    find(engine, 'TargetGroupAttachment', `www-${app}@web1`);
  }
});

test('in one zone there is none', async () => {
  await engine({ answers: {} });
  const config = { balancer: { interval: 10, fall: 2, rise: 2 }, apps: [] };
  const { vpc } = network;
  const one = { vpc, subnets: { 'eu-central-1a': 'subnet-aaaaaaaa' } };
  const parent = new pulumi.ComponentResource('test:index:Parent', 'parent');
  await assert.rejects(
    makeBalancer(parent, 'www', { ...config, network: one, tags: {} }),
    /aws\.subnets: vpc-11111111 has one zone with a subnet, eu-central-1a, and a balancer needs two; name a subnet in another zone/,
  );
});

test('what is wrong with an app is said before anything is made', () => {
  assert.throws(
    () => readBalancer('www', { interval: '1s' }, { shop: { ...shop, health: '/' } }),
    /balancer www has 2 problems:\n {2}interval: "1s" is shorter than 5s.*\n {2}apps\.shop\.health: is missing/,
  );
});
