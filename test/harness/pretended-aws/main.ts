/**
 * A pretended AWS plugin for scenarios: instances are entries in a file, and what the kit asks of AWS it answers from
 * there. It knows of each resource which inputs replace it, and nothing of what the official plugin refuses.
 */
import { isDeepStrictEqual } from 'node:util';
import * as pulumi from '@pulumi/pulumi';
import { plain, type Value } from '../../../tools/stand-in/property.ts';
import { readWorld, type World, writeWorld } from './world.ts';

type Properties = Record<string, unknown>;

const path = process.env.KEELSON_PRETENDED_AWS ?? '';

const change = <T>(action: (world: World) => T): T => {
  const world = readWorld(path);
  const result = action(world);
  writeWorld(path, world);
  return result;
};

/** Inputs by which a resource is made anew, as the official plugin has them. */
const replacing: Readonly<Record<string, readonly string[]>> = {
  'aws:ec2/instance:Instance': ['ami', 'subnetId', 'userData'],
  'aws:ec2/volumeAttachment:VolumeAttachment': ['instanceId', 'volumeId'],
};

const partsOf = (urn: string): { type: string; name: string } => {
  const [, , types = '', name = ''] = urn.split('::');
  return { type: types.split('$').at(-1) ?? '', name };
};

const open = (value: unknown): Properties => plain(value as Value) as Properties;

/** What a resource has beyond its inputs. */
function computed(world: World, type: string, id: string, inputs: Properties): Properties {
  if (type === 'aws:ec2/instance:Instance')
    return { privateIp: world.instances[id]?.publicIp, availabilityZone: 'eu-central-1a' };
  // Unlike a real one, another container has another address.
  if (type === 'aws:ec2/eip:Eip')
    return { publicIp: world.instances[String(inputs.instance)]?.publicIp };
  return {};
}

function launch(world: World, { userData, ami }: Properties): string {
  const id = `i-${Object.keys(world.instances).length}`;
  world.instances[id] = {
    ...{ state: 'running', launchTime: new Date().toISOString() },
    publicIp: world.addresses[Object.keys(world.instances).length] ?? '',
    ...{ userData: String(userData), ami: String(ami) },
  };
  return id;
}

const create = (urn: string, given: Properties) =>
  change((world) => {
    const { type, name } = partsOf(urn);
    const inputs = open(given);
    const id = type === 'aws:ec2/instance:Instance' ? launch(world, inputs) : `${name}-id`;
    world.done.push(`create ${type} ${name}`);
    return { id, outs: { ...given, id, ...computed(world, type, id, inputs) } };
  });

const update = (id: string, urn: string, given: Properties) =>
  change((world) => {
    const { type, name } = partsOf(urn);
    world.done.push(`update ${type} ${name}`);
    return { outs: { ...given, id, ...computed(world, type, id, open(given)) } };
  });

const remove = (id: string, urn: string) =>
  change((world) => {
    const { type, name } = partsOf(urn);
    const machine = type === 'aws:ec2/instance:Instance' ? world.instances[id] : undefined;
    if (machine) machine.state = 'terminated';
    world.done.push(`delete ${type} ${name}`);
  });

function diff(urn: string, olds: Properties, news: Properties) {
  const [was, is] = [open(olds), open(news)];
  const differs = Object.keys(is).filter((key) => !isDeepStrictEqual(was[key], is[key]));
  const { type } = partsOf(urn);
  return {
    changes: differs.length > 0,
    replaces: differs.filter((key) => replacing[type]?.includes(key)),
    deleteBeforeReplace: type === 'aws:ec2/volumeAttachment:VolumeAttachment',
  };
}

/** What AWS would answer; t4g.small has two cores, and all others four. */
const answers: Readonly<Record<string, (asked: Properties) => Properties>> = {
  getVpc: () => ({ id: 'vpc-0' }),
  getSubnets: () => ({ ids: ['subnet-0'] }),
  getSubnet: ({ id }) => ({ id, vpcId: 'vpc-0', availabilityZone: 'eu-central-1a' }),
  getAmi: ({ filters }) => ({ id: `ami-${JSON.stringify(filters).match(/debian-(\d+)/)?.[1]}` }),
  getInstanceType: ({ instanceType }) => ({
    ...{ defaultVcpus: instanceType === 't4g.small' ? 2 : 4, memorySize: 2048 },
    supportedArchitectures: ['x86_64'],
  }),
  getInstance: ({ instanceId }) => {
    const machine = readWorld(path).instances[String(instanceId)];
    if (!machine || machine.state === 'terminated')
      throw new Error('no matching EC2 Instance found');
    const { state: instanceState, publicIp, launchTime } = machine;
    return { instanceState, publicIp, launchTime };
  },
};

const provider: pulumi.provider.Provider = {
  version: '7.48.0',
  create: async (urn, inputs) => create(urn, inputs),
  update: async (id, urn, _, news) => update(id, urn, news),
  delete: async (id, urn) => remove(id, urn),
  diff: async (_id, urn, olds, news) => diff(urn, olds, news),
  invoke: async (token, asked) => {
    const answer = answers[token.split(':').at(-1) ?? ''];
    if (!answer) throw new Error(`the pretended AWS does not answer ${token}`);
    return { outputs: answer(open(asked)) };
  },
};

await pulumi.provider.main(provider, process.argv.slice(2));
