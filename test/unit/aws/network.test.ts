/** Where servers stand, by a mocked account: no real one was asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestImage } from '../../../components/aws/image.ts';
import { typeOf } from '../../../components/aws/instance-type.ts';
import { findNetwork, subnetIn } from '../../../components/aws/network.ts';
import { engine } from '../engine.ts';
import { account } from './account.ts';

const network = {
  vpc: 'vpc-own',
  subnets: { 'eu-central-1a': 'subnet-a', 'eu-central-1b': 'subnet-b' },
};

test('without a word it is the default VPC of the account, with its public subnets', async () => {
  const asked: object[] = [];
  const getSubnets = (filter: object) => {
    asked.push(filter);
    return account.getSubnets();
  };
  await engine({ answers: { ...account, getSubnets } });
  assert.deepEqual(await findNetwork({}), network);
  assert.deepEqual(asked, [
    {
      filters: [
        { name: 'vpc-id', values: ['vpc-own'] },
        { name: 'map-public-ip-on-launch', values: ['true'] },
      ],
    },
  ]);
});

test('subnets that are named say which VPC it is', async () => {
  await engine({ answers: { getSubnet: account.getSubnet } });
  assert.deepEqual(await findNetwork({ subnets: ['subnet-b'] }), {
    ...{ vpc: 'vpc-own', subnets: { 'eu-central-1b': 'subnet-b' } },
  });
});

test('what is not there, or not in one VPC, is told with the remedy', async () => {
  await engine({
    answers: {
      ...{ getVpc: () => new Error('no default VPC'), getSubnets: () => ({ ids: [] }) },
      getSubnet: ({ id }) =>
        id === 'subnet-gone' ? new Error('no such subnet') : account.getSubnet({ id: String(id) }),
    },
  });
  const cases = [
    [
      {},
      /^aws\.vpc: is missing, and the account's default VPC cannot be found: .*no default VPC.*; name a VPC, or make the default one: aws ec2 create-default-vpc$/s,
    ],
    [{ vpc: 'vpc-2' }, /^aws\.vpc: "vpc-2" has no public subnet; name subnets, one for each zone$/],
    [
      { vpc: 'vpc-2', subnets: ['subnet-a'] },
      /^aws\.subnets: "subnet-a" is in vpc-own, not in vpc-2; name subnets of one VPC$/,
    ],
    [
      { subnets: ['subnet-gone'] },
      /^aws\.subnets: "subnet-gone" cannot be looked up: .*no such subnet/s,
    ],
  ] as const;
  for (const [given, words] of cases)
    await assert.rejects(findNetwork(given), ({ message }: Error) => words.test(message));
});

test('a zone has its subnet; without one it stays where it is, and begins in the first', () => {
  assert.equal(subnetIn(network, 'eu-central-1b', 'subnet-a'), 'subnet-b');
  assert.equal(subnetIn(network, undefined, 'subnet-b'), 'subnet-b');
  assert.equal(subnetIn(network, undefined, 'subnet-of-another-network'), 'subnet-a');
  assert.throws(() => subnetIn(network, 'eu-central-1c', undefined), {
    message:
      'aws.zone: "eu-central-1c" has no subnet in vpc-own; choose eu-central-1a or eu-central-1b',
  });
});

test('an instance type or an image that a region does not have is told by its setting', async () => {
  const fails = () => new Error('not here');
  await engine({ answers: { getInstanceType: fails, getAmi: fails } });
  await assert.rejects(typeOf('t9.huge', {}), {
    message:
      /^aws\.type: "t9\.huge" cannot be looked up: .*not here.*; choose one that this region has$/s,
  });
  await assert.rejects(newestImage('debian-12-arm64', {}), {
    message:
      /^aws\.release: no image debian-12-arm64 of Debian's account 136693071363 can be found in this region: .*not here.*; choose another region, or name an image$/s,
  });
});
