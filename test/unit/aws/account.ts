/** What a mocked account at AWS answers, and what of a server is in the state. No real one was asked. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsServer, type AwsServerArgs } from '../../../components/aws/server.ts';
import { userData } from '../../../components/aws/user-data.ts';
import { newHostKey } from '../../../components/ssh/host-key.ts';
import { type Engine, engine } from '../engine.ts';
import { publicKey } from '../shop.ts';

export const zones = { 'subnet-a': 'eu-central-1a', 'subnet-b': 'eu-central-1b' };

export const account = {
  getVpc: () => ({ id: 'vpc-own' }),
  getSubnets: () => ({ ids: Object.keys(zones) }),
  getSubnet: ({ id }: { id?: string }) => ({
    ...{ id, vpcId: 'vpc-own', availabilityZone: zones[id as keyof typeof zones] },
  }),
  getInstanceType: ({ instanceType }: { instanceType?: string }): object => {
    const arm = instanceType?.startsWith('t4g');
    return {
      ...{ defaultVcpus: 4, memorySize: 8192 },
      ebsNvmeSupport: instanceType?.startsWith('t2') ? 'unsupported' : 'required',
      supportedArchitectures: arm ? ['arm64'] : ['i386', 'x86_64'],
    };
  },
  getAmi: (_: object): object => ({ id: 'ami-newest' }),
  getInstance: (_: object): object => ({
    ...{ instanceState: 'running', publicIp: '198.51.100.7', launchTime: '2026-01-01T00:00:00Z' },
  }),
};

export const computed = {
  'aws:ec2/instance:Instance': {
    ...{ id: 'i-own', privateIp: '10.0.0.7', availabilityZone: 'eu-central-1a' },
  },
  'aws:ec2/eip:Eip': { publicIp: '198.51.100.7' },
  'aws:iam/role:Role': { name: 'web1-role' },
  'aws:iam/instanceProfile:InstanceProfile': { name: 'web1-profile' },
  'aws:ebs/volume:Volume': { id: 'vol-0123456789abcdef0' },
};

export const hostKey = newHostKey();

const below = 'urn:pulumi:test::keelson::keelson:aws:Server$aws:ec2';

/** What the state has of a server that is there; `own` differs of its instance. */
export const inState = (name: string, own: object = {}) => ({
  [`${below}/instance:Instance::${name}`]: {
    ...{ id: 'i-own', ami: 'ami-old', subnetId: 'subnet-a', userData: userData(hostKey, []) },
    tags: { 'keelson:image': 'debian-13-arm64' },
    ...own,
  },
});

export const args = { type: 't4g.small', ssh: ['203.0.113.0/24'], keys: [publicKey] };

type Given = Partial<AwsServerArgs> & Record<string, unknown>;

/** A server in an engine with that account; resolves when all of it is registered. */
export async function made(
  { name = 'web1', ...given }: Given & { name?: string } = {},
  options: Parameters<typeof engine>[0] = {},
): Promise<{ server: AwsServer; made: Engine }> {
  const made = await engine({ answers: account, computed, ...options });
  const server = new AwsServer(name, { ...args, ...given } as AwsServerArgs);
  while (made.outputs[name] === undefined) await sleep(5);
  return { server, made };
}

export const read = <T>(output: { apply(run: (value: T) => void): unknown }): Promise<T> =>
  new Promise((done) => output.apply(done));

/** The one resource of a type. */
export const typed = (all: Engine, type: string) => {
  const found = all.registered.filter((it) => it.type === type);
  assert.equal(found.length, 1, type);
  return found[0] as (typeof found)[0];
};
export const instanceOf = (all: Engine) => typed(all, 'aws:ec2/instance:Instance');

export const userDataOf = (inputs: Record<string, unknown>): string => {
  const { userData: text } = inputs as { userData: string | { value: string } };
  return typeof text === 'string' ? text : text.value;
};
