import { type Health, healthInstructions } from '../health.ts';
import type { Item } from '../item.ts';

/** What the instances of an app run, and how they get there. All times are in seconds. */
export type Rollout = {
  app: string;
  /** SHA-256 of the code, and the name of the copy of its static files. */
  release: string;
  publicCopy?: string | undefined;
  /** With `web` and `tcp` connections are refused and waited for. */
  type: 'web' | 'tcp' | 'worker';
  /** The key of each: its port, or its number. The unit of one is `APP@KEY.service`. */
  instances: readonly number[];
  /** Who opens the port: the app, `public` where the network may ask there, or systemd. */
  listen?: 'port' | 'public' | 'socket';
  /** One instance alone serves: it stops before another starts. */
  single?: boolean;
  /** Until load balancers have noticed that the server leaves them, and that it is there again; else they are not told. */
  leave?: number;
  rejoin?: number;
  /** The program of the host that the instances run, where it is one: it must be there. */
  program?: string | undefined;
  /** What an instance carries as KEELSON_UNIT and KEELSON_ENVIRONMENT. */
  unit: string;
  environment: string;
  health: Health;
  /** Until an instance that was told to end is killed. */
  stop: number;
  /** For open requests to end. */
  drain?: number;
  /** To become healthy. */
  start: number;
  /** That the first instance serves before the second is moved. */
  watch: number;
  /** Instances that are moved at once: a number, or a share such as `25%`. */
  batch: number | string;
  before?: readonly string[] | undefined;
  after?: readonly string[] | undefined;
  hookTimeout: number;
  /** Releases that are kept to go back to. */
  keep: number;
  /** Those that move with it, after its own instances, in this order. */
  members?: readonly Member[];
  /** Hashes of the units of its jobs, which wait while it moves, and come back with it. */
  jobs?: Readonly<Record<string, string>>;
};

/** What else runs of the same release. The unit of an instance is `APP-MEMBER@NUMBER.service`. */
export type Member = {
  name: string;
  instances: readonly number[];
  unit: string;
  health: Health;
  stop: number;
};

/** What has no instances: nginx serves its files where `current` leads, or a timer starts it there. */
export type Still = Pick<
  Rollout,
  'app' | 'release' | 'before' | 'after' | 'hookTimeout' | 'keep'
> & {
  type: 'static' | 'job';
  /** Of a job: hashes of its unit and its environment, which come back with a release that is gone back to. */
  unit?: string;
  environment?: string;
  /** Of a static site: as nginx is asked for it, and the files of the release that it cannot be without. */
  site?: { host: string; path: string; files: readonly string[] };
};

/**
 * The instances of an app, moved to a release one after another.
 *
 * The hash of the environment says something of the secrets in it: its manifest is a secret.
 */
export const rollout = (wanted: Rollout | Still): Item =>
  'instances' in wanted ? moving(wanted) : still(wanted);

const moving = (wanted: Rollout): Item => ({
  kind: 'rollout',
  name: wanted.app,
  state: {
    current: wanted.release,
    ...(wanted.publicCopy !== undefined && { public: wanted.publicCopy }),
    target: 'active',
    ...Object.fromEntries(wanted.instances.map((key) => [key, 'current'])),
    ...Object.assign({}, ...(wanted.members ?? []).map(memberState)),
  },
  instructions: {
    '@type': wanted.type,
    ...(wanted.type !== 'worker' && { '@listen': wanted.listen ?? 'port' }),
    ...(wanted.single && { '@single': 'yes' }),
    ...(wanted.leave !== undefined && { '@leave': String(wanted.leave) }),
    ...(wanted.rejoin !== undefined && { '@rejoin': String(wanted.rejoin) }),
    ...(wanted.program !== undefined && { '@program': wanted.program }),
    '@unit': wanted.unit,
    '@environment': wanted.environment,
    ...healthInstructions(wanted.health),
    ...(wanted.type !== 'worker' && { '@drain': String(wanted.drain ?? 0) }),
    '@stop': String(wanted.stop),
    '@start': String(wanted.start),
    '@watch': String(wanted.watch),
    '@batch': String(wanted.batch),
    ...releaseInstructions(wanted),
    ...Object.assign({}, ...(wanted.members ?? []).map(memberInstructions)),
    ...Object.fromEntries(
      Object.entries(wanted.jobs ?? {}).map(([name, unit]) => [`@${name}.job`, unit]),
    ),
  },
});

const memberState = ({ name, instances }: Member) =>
  Object.fromEntries(instances.map((key) => [`${name}@${key}`, 'current']));

/** As of an app, with the member's name before each. */
function memberInstructions({ name, unit, health, stop }: Member): Record<string, string> {
  const own = {
    ...{ '@type': 'worker', '@unit': unit },
    ...healthInstructions(health),
    '@stop': String(stop),
  };
  return Object.fromEntries(
    Object.entries(own).map(([key, value]) => [`@${name}.${key.slice(1)}`, value]),
  );
}

/** One switch of what is current. */
const still = (wanted: Still): Item => ({
  kind: 'rollout',
  name: wanted.app,
  state: { current: wanted.release },
  instructions: {
    '@type': wanted.type,
    ...(wanted.unit !== undefined && { '@unit': wanted.unit }),
    ...(wanted.environment !== undefined && { '@environment': wanted.environment }),
    ...(wanted.site && {
      '@host': wanted.site.host,
      '@path': wanted.site.path,
      '@files': wanted.site.files.join(' '),
    }),
    ...releaseInstructions(wanted),
  },
});

const releaseInstructions = ({ before, after, hookTimeout, keep }: Rollout | Still) => ({
  '@before': (before ?? []).join(' '),
  '@after': (after ?? []).join(' '),
  '@hook': String(hookTimeout),
  '@kept': String(keep),
});
