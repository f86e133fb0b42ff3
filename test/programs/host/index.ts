/**
 * A program as somebody else writes it: two hosts beside resources of other kinds. The first one's address comes
 * from a resource, and it waits for another one; the second takes a release after the first.
 */
import { local } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { type AppSettings, Host } from '../../../components/index.ts';

type Login = { address: string; user: string; hostKey: string };

const config = new pulumi.Config();
const { one, two } = config.requireObject<{ one: Login; two: Login }>('machines');

// As with a cloud, the address is known when the machine is there.
const machine = new local.Command('machine', { create: `printf %s ${one.address}` });
const ready = new local.Command('ready', { create: 'true' }, { dependsOn: machine });

const fleet = new pulumi.ComponentResource('shop:index:Fleet', 'fleet');
const options = { parent: fleet, protect: config.getBoolean('protect') ?? false };
const shop: AppSettings = {
  source: config.require('source'),
  start: 'server.js',
  domains: ['shop.example.com', 'default'],
  health: '/health',
  uploads: { '/files': 'uploads' },
  env: { UPLOADS: '/srv/shop/uploads' },
  rollout: { drain: '1s', start: '10s', watch: '0s', answers: 1 },
};
const secrets = { shop: { TOKEN: config.requireSecret('token') } };

const web1 = new Host(
  'web1',
  {
    ...one,
    address: machine.stdout,
    apps: {
      shop: { ...shop, env: { ...shop.env, MACHINE: pulumi.interpolate`at ${machine.stdout}` } },
    },
    secrets,
  },
  { ...options, dependsOn: ready },
);
const web2 = new Host('web2', { ...two, apps: { shop }, secrets, after: [web1] }, options);

// Waits for all of both hosts, and asks the first as a visitor does.
const visit = new local.Command(
  'visit',
  { create: pulumi.interpolate`curl -fsS -o /dev/null -w '%{http_code}' http://${web1.address}/` },
  { dependsOn: [web1, web2] },
);

export const answer = visit.stdout;
export const releases = pulumi
  .all([web1.apps, web2.apps])
  .apply((hosts) => hosts.map(({ shop }) => shop?.release));
