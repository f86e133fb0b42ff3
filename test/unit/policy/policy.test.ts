import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { judge } from '../../../tools/policy/policy.ts';
import type { Step } from '../../../tools/review/preview.ts';
import { previewOf, resource } from '../review/preview-of.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-policy-'));
after(() => rmSync(directory, { recursive: true }));
const project = { directory, repository: directory };
mkdirSync(join(directory, 'shop'));

const shop = {
  source: join(directory, 'shop'),
  start: 'server.js',
  domains: ['shop.example.com'],
  health: '/health',
};
const server = { address: 'web1.example.com' };

type Given = { apps?: object; [key: string]: unknown };

/** What Pulumi says of a configuration in a preview. */
const written = (given: Given): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).map(([key, value]) => [`keelson:${key}`, JSON.stringify(value)]),
  );

const judged = (given: Given, steps: Step[] = [], stack = 'staging') =>
  judge(previewOf({ stack, steps, config: written(given) }), project);

const found = (given: Given, steps: Step[] = [], stack = 'staging') =>
  judged(given, steps, stack).findings;

/** What `pulumi preview --json` prints in place of what only `up` will know. */
const notKnown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

const group = (ingress: object) =>
  resource('aws:ec2/securityGroup:SecurityGroup', 'web', { ingress: [ingress] });

test('a stack in which nothing is wrong has no finding', () => {
  assert.deepEqual(judged({ server, apps: { shop } }), { findings: [], exceptions: [] });
});

test('ssh that is open to the world is found in each way to write it', () => {
  const tcp = { protocol: 'tcp', fromPort: 22, toPort: 22 };
  const rule = 'aws:ec2/securityGroupRule:SecurityGroupRule';
  const ingress = 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule';
  const bad: Step[] = [
    group({ ...tcp, cidrBlocks: ['10.0.0.0/8', '0.0.0.0/0'] }),
    group({ ...tcp, ipv6CidrBlocks: ['::/0'] }),
    group({ ...tcp, fromPort: 0, toPort: 65535, cidrBlocks: ['0.0.0.0/1'] }),
    group({ protocol: '-1', fromPort: 0, toPort: 0, cidrBlocks: ['0.0.0.0/0'] }),
    group({ protocol: 'ALL', cidrBlocks: ['0.0.0.0/0'] }),
    group({ ...tcp, protocol: 'TCP', cidrBlocks: ['0.0.0.0/0'] }),
    group({ ...tcp, protocol: 6, fromPort: 20, toPort: 30, cidrBlocks: ['0.0.0.0/0'] }),
    group({ ...tcp, cidrBlocks: [notKnown, '0.0.0.0/0'] }),
    // One rule that is not known yet hides no other.
    resource('aws:ec2/securityGroup:SecurityGroup', 'web', {
      ingress: [notKnown, { ...tcp, cidrBlocks: ['0.0.0.0/0'] }],
    }),
    group({ ...tcp, fromPort: 2222, toPort: 2222, cidrBlocks: ['0.0.0.0/0'] }),
    resource(rule, 'ssh', { ...tcp, type: 'ingress', cidrBlocks: ['0.0.0.0/0'] }),
    resource(ingress, 'ssh', {
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      cidrIpv4: '0.0.0.0/0',
    }),
    resource(ingress, 'ssh', { ipProtocol: '-1', cidrIpv6: '2000::/3' }, 'same'),
  ];
  for (const step of bad) {
    const findings = found({ server: { ...server, port: 2222 }, apps: {} }, [step]);
    assert.equal(findings.length, 1, JSON.stringify(step));
    assert.match(
      findings[0] ?? '',
      /^open-ssh: (web|ssh) \(aws:.*\) lets \S+ in by SSH; name the addresses/,
    );
  }
});

test('what is not ssh, not open, goes away or is not known yet is let pass', () => {
  const tcp = { protocol: 'tcp', fromPort: 22, toPort: 22, cidrBlocks: ['0.0.0.0/0'] };
  const rule = 'aws:ec2/securityGroupRule:SecurityGroupRule';
  const good: Step[] = [
    group({
      ...tcp,
      cidrBlocks: ['203.0.113.7/32', '10.0.0.0/8'],
      ipv6CidrBlocks: ['2001:db8::/32'],
    }),
    group({ ...tcp, fromPort: 443, toPort: 443 }),
    group({ ...tcp, protocol: 'udp' }),
    group({ ...tcp, cidrBlocks: [notKnown] }),
    resource(rule, 'out', { ...tcp, type: 'egress' }),
    resource('aws:ec2/securityGroup:SecurityGroup', 'web', {}),
    { ...group(tcp), op: 'delete', newState: undefined, oldState: group(tcp).newState },
  ];
  for (const step of good)
    assert.deepEqual(found({ server, apps: {} }, [step]), [], JSON.stringify(step));
});

test('a volume that is not encrypted is found, of whatever it is made', () => {
  const instance = 'aws:ec2/instance:Instance';
  const whole = { rootBlockDevice: { encrypted: true } };
  const bad: Step[] = [
    resource('aws:ebs/volume:Volume', 'data', { size: 10 }),
    resource('aws:ebs/volume:Volume', 'data', { encrypted: false }, 'same'),
    resource(instance, 'web1', { ami: 'ami-1' }),
    resource(instance, 'web1', { rootBlockDevice: { volumeSize: 8 } }),
    resource(instance, 'web1', { ...whole, ebsBlockDevices: [{ deviceName: '/dev/sdb' }] }),
    resource('aws:ec2/launchTemplate:LaunchTemplate', 'web', {
      blockDeviceMappings: [{ ebs: { encrypted: 'false' } }],
    }),
  ];
  for (const step of bad) {
    const findings = found({ server, apps: {} }, [step]);
    assert.equal(findings.length, 1, JSON.stringify(step));
    assert.match(
      findings[0] ?? '',
      /^unencrypted-volume: .* is not encrypted; set encrypted: true$/,
    );
  }
  const good: Step[] = [
    resource('aws:ebs/volume:Volume', 'data', { encrypted: true }),
    resource(instance, 'web1', { ...whole, ebsBlockDevices: [{ encrypted: true }] }),
    resource('aws:ec2/launchTemplate:LaunchTemplate', 'web', {
      blockDeviceMappings: [{ ebs: { encrypted: 'true' } }, { noDevice: '' }],
    }),
  ];
  assert.deepEqual(found({ server, apps: {} }, good), []);
});

test('what looks like a secret is found by its name or its value, which is not shown', () => {
  const bad = {
    API_TOKEN: 'x1y2z3-hidden',
    DB_PASSWORD: 'hidden',
    SESSION_SECRET: 'hidden',
    STRIPE_KEY: 'hidden',
    SMTP_PASS: 'hidden',
    DATABASE_URL: 'postgres://shop:hidden@db.example.com/shop',
    REDIS: 'redis://:hidden@10.0.0.7:6379',
    PEM: '-----BEGIN RSA PRIVATE KEY-----\nhidden',
    AWS: 'AKIAIOSFODNN7EXAMPLE',
    GITHUB: `ghp_${'a'.repeat(36)}`,
  };
  const findings = found({ server, apps: { shop: { ...shop, env: bad } } });
  assert.deepEqual(
    findings.map(
      (line) => /^plain-secret: apps\.shop\.env\.(\w+) looks like a secret/.exec(line)?.[1],
    ),
    Object.keys(bad),
  );
  assert.match(
    findings[0] ?? '',
    /pulumi config set --secret --path 'keelson:secrets\.shop\.API_TOKEN', and change the secret/,
  );
  assert.doesNotMatch(findings.join('\n'), /hidden|AKIA|ghp_/);
});

test('what only sounds like a secret is let pass', () => {
  const env = {
    DATABASE_URL: 'postgres://db.example.com/shop',
    TOKEN_TTL: '3600',
    PASSWORD_LENGTH: 12,
    SECRET_FILE: '/run/secrets/x',
    STRIPE_PUBLIC_KEY: 'pk_live_x',
    AWS_ACCESS_KEY_ID: 'x',
    KEYBOARD: 'de',
    MONKEY: 'x',
    AUTH: 'true',
    TOKEN: '',
    PAGE: 'https://user@example.com/a:b@c',
  };
  assert.deepEqual(found({ server, apps: { shop: { ...shop, env } } }), []);
});

test('secrets in plain text are found in other settings and in those of providers', () => {
  const headers = {
    server,
    apps: { shop: { ...shop, headers: { 'X-From': 'https://me:hidden@example.com/' } } },
  };
  assert.match(
    found(headers)[0] ?? '',
    /^plain-secret: apps\.shop\.headers\.X-From looks like .*; take it out of the stack file/,
  );
  const config = {
    'aws:secretKey': 'hidden',
    'aws:accessKey': '[secret]',
    'aws:region': 'eu-central-1',
    'aws:skipCredentialsValidation': 'true',
    'aws:sharedCredentialsFiles': '["/home/me/.aws/credentials"]',
    'my:password': '[secret]',
    'my:deployKey': 'ssh-ed25519 AAAAC3Nza me@example.com',
    'datadog:apiKey': 'hidden',
  };
  const { findings } = judge(previewOf({ config }), project);
  assert.equal(findings.length, 2);
  assert.match(findings[1] ?? '', /^plain-secret: datadog:apiKey looks like a secret/);
  assert.match(
    findings[0] ?? '',
    /^plain-secret: aws:secretKey looks like .* run pulumi config set --secret aws:secretKey/,
  );
});

test('a web app whose health is asked at / is found once, a worker is not', () => {
  const { health: _, ...without } = shop;
  const worker = { type: 'worker', source: shop.source, start: 'worker.js' };
  const servers = { web1: server, web2: { address: 'web2.example.com' } };
  const findings = found({ servers, apps: { shop: without, mailer: worker } });
  assert.deepEqual(findings, [
    'no-health-check: apps.shop.health: is /, which is no health check; give a path that answers 200 when the app and what it needs work',
  ]);
});

test('a single server is found in production alone', () => {
  const given = { server, apps: { shop } };
  for (const stack of ['production', 'prod', 'prod-eu', 'shop-production'])
    assert.deepEqual(found(given, [], stack), [
      `single-server: stack ${stack} has a single server, server; add one to keelson:servers, so that one of them may fail`,
    ]);
  for (const stack of ['staging', 'products', 'reproduction'])
    assert.deepEqual(found(given, [], stack), []);
  const servers = { web1: server, web2: { address: 'web2.example.com' } };
  assert.deepEqual(found({ servers, apps: { shop } }, [], 'production'), []);
});

test('an exception lets pass all of a policy, or what it names, and its reason is told', () => {
  const env = { A_KEY: 'x', B_KEY: 'y' };
  const given = (exceptions: object) => ({ server, apps: { shop: { ...shop, env } }, exceptions });
  const reason = 'names a keyboard layout';
  const one = judged(
    given({ 'plain-secret': { 'apps.shop.env.A_KEY': reason } }),
    [],
    'production',
  );
  assert.deepEqual(
    one.findings.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['plain-secret: apps.shop.env.B_KEY', 'single-server: stack'],
  );
  assert.deepEqual(one.exceptions, [`plain-secret: apps.shop.env.A_KEY: ${reason}`]);
  const all = judged(given({ 'plain-secret': reason, 'single-server': reason }), [], 'production');
  assert.deepEqual([all.findings, all.exceptions.length], [[], 3]);
});

test('a program of one’s own has exceptions too, and may be previewed without a look', () => {
  const steps = [resource('aws:ebs/volume:Volume', 'data', {})];
  const judgedWith = (given: Given) => judge(previewOf({ steps, config: written(given) }), project);
  assert.equal(judgedWith({ drift: 'ignore' }).findings.length, 1);
  const reason = 'Holds what everybody may read';
  assert.deepEqual(judgedWith({ exceptions: { 'unencrypted-volume': { data: reason } } }), {
    findings: [],
    exceptions: [`unencrypted-volume: data: ${reason}`],
  });
  const { findings } = judgedWith({ exceptions: { 'unencrypted-volume': 'so' } });
  assert.match(findings[0] ?? '', /^exceptions\.unencrypted-volume: "so" is no reason/);
});

test('an exception without a reason, or to what is no policy, is an error', () => {
  const given = (exceptions: object) => found({ server, apps: { shop }, exceptions });
  assert.deepEqual(
    given({ 'single-server': 'because' }).filter((line) => line.includes('is no reason')).length,
    1,
  );
  assert.match(
    given({ 'single-serve': 'it is an intranet' }).join('\n'),
    /exceptions\.single-serve: is not a setting; did you mean single-server\?/,
  );
});

test('a stack file that cannot be read, and a preview without a plan, are findings', () => {
  assert.match(
    found({ server, apps: { shop: { ...shop, health: 'x' } } }).join('\n'),
    /^apps\.shop\.health: "x" /,
  );
  const { findings } = judge(previewOf({ hasPlan: false }), project);
  assert.deepEqual(findings, [
    'policy: there is no preview to look at; mend what the preview says',
  ]);
});

test('the stack file that is there is read with what Pulumi says of it, its secrets hidden', () => {
  writeFileSync(
    join(directory, 'Pulumi.staging.yaml'),
    `config:\n  keelson:server:\n    address: web1.example.com\n  keelson:apps:\n    shop: ${JSON.stringify(shop)}\n  keelson:secrets:\n    shop:\n      TOKEN:\n        secure: v1:abc\n`,
  );
  assert.deepEqual(found({ server, apps: { shop }, secrets: { shop: { TOKEN: '[secret]' } } }), []);
});
