/** Servers on AWS that are there already, by Pulumi's mocks: what of the last run stays, and what is said of the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { lastInstance } from '../../../components/aws/instance.ts';
import { hostKeyIn, hostKeyOf, userData } from '../../../components/aws/user-data.ts';
import { engine } from '../engine.ts';
import {
  account,
  computed,
  hostKey,
  inState,
  instanceOf,
  made,
  read,
  userDataOf,
} from './account.ts';

const state = {
  ...inState('web1'),
  ...inState('web2', { subnetId: 'subnet-b' }),
  ...inState('giving'),
  'urn:pulumi:test::keelson::keelson:aws:Server$aws:ec2/volumeAttachment:VolumeAttachment::giving-uploads':
    { instanceId: 'i-own' },
  ...inState('odd', { ami: undefined }),
  ...inState('imported', { userData: 'IyEvYmluL3No', tags: null }),
};

const settled = ['ami', 'subnetId', 'userData', 'userDataBase64'];

test('an instance that is there keeps its image, its subnet and its user data', async () => {
  const { made: all, server } = await made({ name: 'web2' }, { state });
  const { inputs, ignoreChanges } = instanceOf(all);
  assert.deepEqual([inputs.ami, inputs.subnetId], ['ami-old', 'subnet-b']);
  assert.equal(hostKeyIn(userDataOf(inputs)), hostKey.publicKey);
  assert.deepEqual(ignoreChanges.sort(), settled);
  assert.equal(await read(server.hostKey), hostKey.publicKey);
});

test('a subnet that comes into its zone moves nobody', async () => {
  const { getSubnet } = account;
  const answers = {
    ...account,
    getSubnets: () => ({ ids: ['subnet-0', 'subnet-a', 'subnet-b'] }),
    getSubnet: ({ id }: { id?: string }) =>
      id === 'subnet-0'
        ? { ...getSubnet({ id: 'subnet-a' }), id }
        : getSubnet({ ...(id && { id }) }),
  };
  for (const given of [{}, { zone: 'eu-central-1a' }]) {
    const { made: all } = await made(given, { state, answers });
    const { inputs, ignoreChanges } = instanceOf(all);
    assert.equal(inputs.subnetId, 'subnet-a', JSON.stringify(given));
    assert.deepEqual(ignoreChanges.sort(), settled);
  }
});

test('a preview of a volume that is yet to be made knows the server that it comes to', async () => {
  const own = {
    'aws:ebs/volume:Volume': { id: '' },
    'aws:ec2/volumeAttachment:VolumeAttachment': { id: '' },
  };
  const options = { state, preview: true, computed: { ...computed, ...own } };
  const { server } = await made({ uploads: { size: '1G' } }, options);
  const known = (output: unknown) => (output as { isKnown: Promise<boolean> }).isKnown;
  assert.deepEqual([await known(server.address), await known(server.disks)], [true, true]);
  const young = {
    'aws:ec2/instance:Instance': { ...computed['aws:ec2/instance:Instance'], id: '' },
  };
  const { server: other } = await made({}, { ...options, computed: { ...computed, ...young } });
  assert.equal(await known(other.address), false);
});

test('that the instance is stopped when its volume for uploads goes is said before', async (t) => {
  const warn = t.mock.method(pulumi.log, 'warn', async () => {});
  const said = () => warn.mock.calls.map(({ arguments: [it] }: { arguments: unknown[] }) => it);
  await made({ name: 'giving', uploads: { size: '1G' } }, { state });
  await made({ name: 'web1' }, { state });
  assert.deepEqual(said(), []);
  await made({ name: 'giving' }, { state });
  assert.deepEqual(said(), [
    'server giving: to take its volume for uploads away, its instance i-own is stopped at the end of the run; start it then (aws ec2 start-instances --instance-ids i-own)',
  ]);
});

test('an image that is named, another release or another zone makes it anew, with a new host key', async () => {
  for (const given of [
    { image: 'ami-0123456789abcdef0' },
    { release: 'bookworm' },
    { zone: 'eu-central-1b' },
  ]) {
    const { made: all } = await made(given, { state });
    const { inputs, ignoreChanges } = instanceOf(all);
    assert.notEqual(hostKeyIn(userDataOf(inputs)), hostKey.publicKey, JSON.stringify(given));
    assert.deepEqual(ignoreChanges, []);
  }
});

test('what the engine made of it counts: an instance that it kept has its own host key', async () => {
  const kept = userData(hostKey, []);
  const { server } = await made(
    { release: 'bookworm' },
    { state, leftOut: { web1: { userData: kept } } },
  );
  assert.equal(await read(server.hostKey), hostKey.publicKey);
});

test('of a newer image a preview tells, and how it is asked for', async (t) => {
  const info = t.mock.method(pulumi.log, 'info', async () => {});
  const { made: all } = await made({}, { state, preview: true });
  assert.equal(instanceOf(all).inputs.ami, 'ami-old');
  assert.deepEqual(
    info.mock.calls.map(({ arguments: [said] }: { arguments: unknown[] }) => said),
    [
      'server web1: there is a newer image of debian-13-arm64 than its own ami-old; image: ami-newest makes it anew from that',
    ],
  );
});

test('an instance that was imported has no host key of the kit’s, and keeps its image', async () => {
  const { made: all } = await made({ name: 'imported' }, { state });
  const { inputs, ignoreChanges } = instanceOf(all);
  assert.deepEqual([inputs.ami, userDataOf(inputs)], ['ami-old', 'IyEvYmluL3No']);
  assert.deepEqual(ignoreChanges.sort(), settled);
  assert.throws(() => hostKeyOf('imported', userDataOf(inputs)), {
    message:
      "server imported: the user data of its instance holds no host key of the kit's, as that of one that was imported; set hostKey to the line of its /etc/ssh/ssh_host_ed25519_key.pub",
  });
});

/** How the instance of the last run stands, as a mock of AWS has it. */
async function standing(found: object, own: Parameters<typeof made>[0] = {}) {
  const answers = { ...account, getInstance: () => ({ ...account.getInstance({}), ...found }) };
  const { server } = await made(own, { state, answers: answers as typeof account });
  return await server.standing();
}

test('an instance that runs at its address is no trouble', async () => {
  assert.deepEqual(await standing({}), { isYoung: false });
});

test('one that was started a moment ago, or is a new one, may boot', async () => {
  const launchTime = new Date().toISOString();
  assert.deepEqual(await standing({ launchTime }), { isYoung: true });
  assert.deepEqual(await standing({ instanceState: 'pending', publicIp: '' }), { isYoung: true });
  assert.deepEqual(await standing({ instanceState: 'stopped' }, { name: 'new' }), {
    isYoung: true,
  });
});

test('what happened to it behind Pulumi’s back is said in words, with the remedy', async () => {
  const troubles = [
    [
      { instanceState: 'stopped' },
      /^its instance i-own is stopped; start it \(aws ec2 start-instances --instance-ids i-own\), then run this again$/,
    ],
    [
      { instanceState: 'stopping' },
      /^its instance i-own is stopping; when it has stopped, start it/,
    ],
    [
      { instanceState: 'shutting-down' },
      /^its instance i-own was terminated, and not by Pulumi; pulumi refresh, and the pulumi up after it makes it anew$/,
    ],
    [
      { publicIp: '' },
      /^its instance i-own has lost its elastic address 198\.51\.100\.7 and has none now; pulumi refresh/,
    ],
    [
      { publicIp: '203.0.113.9' },
      /and has 203\.0\.113\.9 now; pulumi refresh, and the pulumi up after it gives it back/,
    ],
  ] as const;
  for (const [found, words] of troubles) assert.match((await standing(found)).trouble ?? '', words);
});

test('one that AWS does not know any more was terminated; where AWS does not tell, that is told', async () => {
  const failing = (message: string) => async () => {
    const answers = { ...account, getInstance: () => new Error(message) };
    const { server } = await made({}, { state, answers });
    return (await server.standing()).trouble ?? '';
  };
  assert.match(await failing('InvalidInstanceID.NotFound: i-own')(), /was terminated/);
  assert.match(await failing('no matching EC2 Instance found')(), /was terminated/);
  assert.match(
    await failing('UnauthorizedOperation')(),
    /^AWS does not tell how its instance i-own stands: .*UnauthorizedOperation/s,
  );
});

test('an instance that the state does not tell in full is not taken for none', async () => {
  await engine({ state });
  await assert.rejects(lastInstance('odd'), {
    message: 'the state does not tell ami of its instance; run pulumi refresh',
  });
});
