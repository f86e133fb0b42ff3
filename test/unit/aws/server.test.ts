/** Servers on AWS, as far as Pulumi's mocks can tell: what is asked for, to the last key. AWS itself was not asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { typeOf } from '../../../components/aws/instance-type.ts';
import { refuseNameless } from '../../../components/aws/uploads.ts';
import { awsFindings } from '../../../tools/policy/aws.ts';
import { engine } from '../engine.ts';
import { stepsOf } from '../review/preview-of.ts';
import { publicKey } from '../shop.ts';
import { account, instanceOf, made, read, typed } from './account.ts';

const tags = { Name: 'web1', 'keelson:project': 'keelson', 'keelson:stack': 'test' };
const world = { cidrBlocks: ['0.0.0.0/0'], ipv6CidrBlocks: ['::/0'] };
const tcp = (port: number) => ({ protocol: 'tcp', fromPort: port, toPort: port });
const types = (all: { type: string }[]) => all.map(({ type }) => type).sort();

test('a server is an instance, a security group and an elastic address, and nothing else', async () => {
  const { made: all } = await made();
  assert.deepEqual(types(all.registered), [
    ...['aws:ec2/eip:Eip', 'aws:ec2/instance:Instance', 'aws:ec2/securityGroup:SecurityGroup'],
    'keelson:aws:Server',
  ]);
  for (const { type, parent, deletedWith, protect } of all.registered)
    if (type.startsWith('aws:'))
      assert.deepEqual([parent, deletedWith, protect], ['web1', '', false], type);
});

test('the instance: Debian’s newest image, IMDSv2 alone, an encrypted gp3 disk, no key pair', async () => {
  const asked: object[] = [];
  const getAmi = (filter: object) => {
    asked.push(filter);
    return { id: 'ami-newest' };
  };
  const { made: all } = await made({ release: 'bookworm' }, { answers: { ...account, getAmi } });
  assert.deepEqual(asked, [
    {
      ...{ owners: ['136693071363'], mostRecent: true },
      filters: [{ name: 'name', values: ['debian-12-arm64-*'] }],
    },
  ]);
  const { inputs, secretOutputs, ignoreChanges } = instanceOf(all);
  const { userData: text, ...rest } = inputs;
  assert.deepEqual(rest, {
    ...{ ami: 'ami-newest', instanceType: 't4g.small', subnetId: 'subnet-a' },
    vpcSecurityGroupIds: ['web1'],
    userDataReplaceOnChange: true,
    metadataOptions: {
      ...{ httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
    },
    rootBlockDevice: {
      ...{ volumeType: 'gp3', volumeSize: 20, encrypted: true, deleteOnTermination: true, tags },
    },
    tags: { ...tags, 'keelson:image': 'debian-12-arm64' },
  });
  assert.deepEqual(secretOutputs.sort(), ['userData', 'userDataBase64']);
  // Of no effect where nothing is there, and a guard where the state has one that was not found.
  assert.deepEqual(ignoreChanges, ['ami', 'subnetId', 'userData', 'userDataBase64']);
  assert.match(JSON.stringify(text), /BEGIN OPENSSH PRIVATE KEY/);
});

test('an instance type of x86 gets an image of amd64', async () => {
  const { made: all, server } = await made({ type: 't3.xlarge', zone: 'eu-central-1b' });
  const { inputs } = instanceOf(all);
  assert.equal((inputs.tags as Record<string, string>)['keelson:image'], 'debian-13-amd64');
  assert.equal(inputs.subnetId, 'subnet-b');
  assert.deepEqual(await server.facts, {
    ...{ cores: 4, memoryMiB: 8192, architecture: 'amd64' },
    ...{ codename: 'trixie', version: '13', systemd: 257 },
  });
});

test('the user data is a secret, and tells the host key that the host is held against', async () => {
  const { server, made: all } = await made();
  const text = JSON.stringify(instanceOf(all).inputs.userData);
  const key = await read(server.hostKey);
  assert.match(key, /^ssh-ed25519 AAAA/);
  assert.ok(text.includes(key));
  assert.ok(text.includes(publicKey));
  assert.equal(await pulumi.isSecret(server.hostKey), false);
});

test('ssh is let in from the networks that are named, http and https from everywhere', async () => {
  const { made: all } = await made({ ssh: ['203.0.113.0/24', '198.51.100.9', '2001:db8::/32'] });
  assert.deepEqual(typed(all, 'aws:ec2/securityGroup:SecurityGroup').inputs, {
    ...{ vpcId: 'vpc-own', description: 'Server web1 of Keelson', tags },
    ingress: [
      {
        ...{ description: 'ssh', ...tcp(22) },
        cidrBlocks: ['203.0.113.0/24', '198.51.100.9/32'],
        ipv6CidrBlocks: ['2001:db8::/32'],
      },
      { description: 'http', ...tcp(80), ...world },
      { description: 'https', ...tcp(443), ...world },
    ],
    egress: [{ description: 'all', protocol: '-1', fromPort: 0, toPort: 0, ...world }],
  });
});

test('behind a balancer http and https are let in from its group alone', async () => {
  const { made: all } = await made({ balancer: 'sg-balancer' });
  const { ingress } = typed(all, 'aws:ec2/securityGroup:SecurityGroup').inputs;
  assert.deepEqual((ingress as object[]).slice(1), [
    { description: 'http', ...tcp(80), securityGroups: ['sg-balancer'] },
    { description: 'https', ...tcp(443), securityGroups: ['sg-balancer'] },
  ]);
});

test('a server of workers lets in ssh alone, and the world only by the word for it', async () => {
  const { made: all } = await made({ web: false, ssh: 'anywhere' });
  const { ingress } = typed(all, 'aws:ec2/securityGroup:SecurityGroup').inputs;
  assert.deepEqual(ingress, [{ description: 'ssh', ...tcp(22), ...world }]);
});

test('the public ports of TCP services are let in from everywhere, also behind a balancer', async () => {
  const open = [{ description: 'room', first: 3900, last: 3963 }];
  const { made: all } = await made({ balancer: 'sg-balancer', open });
  const { ingress } = typed(all, 'aws:ec2/securityGroup:SecurityGroup').inputs;
  assert.deepEqual((ingress as object[]).at(-1), {
    ...{ description: 'room', protocol: 'tcp', fromPort: 3900, toPort: 3963 },
    ...world,
  });
});

test('the kit’s own policies let all of it pass, but for ssh from everywhere', async () => {
  const uploads = { size: '20G', protect: true };
  const { made: all } = await made({ uploads, ssm: true });
  assert.ok(all.registered.some(({ type }) => type === 'aws:ebs/volume:Volume'));
  assert.deepEqual(awsFindings(stepsOf(all), [22]), []);
  const open = await made({ ssh: 'anywhere' });
  assert.deepEqual(
    awsFindings(stepsOf(open.made), [22]).map(({ rule, text }) => [rule, text.split(' ')[3]]),
    [
      ['open-ssh', '0.0.0.0/0'],
      ['open-ssh', '::/0'],
    ],
  );
});

test('a role there is where something needs it, with no right but Systems Manager’s', async () => {
  const { made: ssm, server } = await made({ ssm: true });
  assert.equal(instanceOf(ssm).inputs.iamInstanceProfile, 'web1-profile');
  const { inputs } = typed(ssm, 'aws:iam/rolePolicyAttachment:RolePolicyAttachment');
  assert.equal(inputs.policyArn, 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore');
  const { assumeRolePolicy } = typed(ssm, 'aws:iam/role:Role').inputs;
  assert.match(String(assumeRolePolicy), /"Service":"ec2.amazonaws.com"/);
  assert.equal(await read(server.role), 'web1-role');
  const { made: bare } = await made({ role: true });
  assert.deepEqual(
    types(bare.registered).filter((type) => type.startsWith('aws:iam')),
    ['aws:iam/instanceProfile:InstanceProfile', 'aws:iam/role:Role'],
  );
});

test('the volume for uploads is encrypted, protected, and outlives the instance', async () => {
  const { made: all, server } = await made({ uploads: { size: '100G', kmsKey: 'alias/own' } });
  const volume = typed(all, 'aws:ebs/volume:Volume');
  assert.deepEqual(volume.inputs, {
    ...{ availabilityZone: 'eu-central-1a', type: 'gp3', size: 100, encrypted: true },
    ...{ kmsKeyId: 'alias/own', tags: { ...tags, Name: 'web1-uploads' } },
  });
  assert.deepEqual([volume.protect, volume.deletedWith], [true, '']);
  const attached = typed(all, 'aws:ec2/volumeAttachment:VolumeAttachment');
  assert.deepEqual(attached.inputs, {
    ...{ volumeId: 'vol-0123456789abcdef0', instanceId: 'i-own', deviceName: '/dev/sdf' },
    stopInstanceBeforeDetaching: true,
  });
  assert.ok(attached.deleteBeforeReplace);
  assert.deepEqual(await read(server.disks), {
    '/mnt/uploads': '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0',
  });
  const { made: bare } = await made({ uploads: { size: '1G', protect: false } });
  assert.equal(typed(bare, 'aws:ebs/volume:Volume').protect, false);
});

test('a type that attaches volumes without their names has none for uploads', async () => {
  await engine({ answers: account });
  const { hasNvme } = await typeOf('t2.micro', {});
  const uploads = { size: '1G', mount: '/mnt/uploads', protect: true };
  assert.throws(() => refuseNameless({ type: 't2.micro', uploads }, hasNvme), {
    message:
      'aws.uploads: "t2.micro" attaches volumes without NVMe, so that none is found by its name; choose a newer type, such as t3.small or t4g.small',
  });
  refuseNameless({ type: 't2.micro' }, hasNvme);
  refuseNameless({ type: 't4g.small', uploads }, (await typeOf('t4g.small', {})).hasNvme);
});

test('its outputs are where it is and what it is called', async () => {
  const { server } = await made();
  assert.deepEqual(
    await Promise.all(
      [server.instanceId, server.address, server.privateAddress, server.zone].map(read),
    ),
    ['i-own', '198.51.100.7', '10.0.0.7', 'eu-central-1a'],
  );
  assert.equal(await read(server.role), undefined);
});
