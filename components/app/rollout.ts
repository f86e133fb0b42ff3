/** Rollout: how the instances of an app move to a release; `docs/rollout.md` tells the steps. */
import { basename } from 'node:path';
import { z } from 'zod';
import { argument, duration, integer, percentage, plainText } from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { aptPackage } from '../host/kinds.ts';
import type { Manifest } from '../host/manifest.ts';
import type { Site } from './app.ts';
import { environmentHash } from './environment.ts';
import { publicDirectory } from './release.ts';
import { ports, unitHash } from './service.ts';

const hook = z.array(argument).min(1, 'is empty; give a command, or leave it out').optional();

export const rolloutSchema = z
  .strictObject({
    drain: duration('0s', '1h')
      .prefault('30s')
      .describe(
        'Time that open requests, downloads and WebSockets have to end before an instance stops',
      ),
    start: duration('1s', '30m')
      .prefault('60s')
      .describe('Time that an instance has to become healthy after it was started'),
    status: integer(100, 599)
      .prefault(200)
      .describe('Status with which a healthy instance answers the health path'),
    text: plainText.optional().describe('Text that the answer of a healthy instance contains'),
    answers: integer(1, 100)
      .prefault(3)
      .describe('Number of good answers in a row that make an instance healthy'),
    watch: duration('0s', '1h')
      .prefault('2s')
      .describe('Time that the first instance serves before the second is moved'),
    batch: z
      .union([integer(1, 256), percentage])
      .prefault('25%')
      .describe(
        'Instances that are moved at the same time, once the first is; one stays in service always',
      ),
    before: hook.describe(
      'Command that runs once for each release, in it, before the first instance moves, such as a migration; its failure stops the release',
    ),
    after: hook.describe(
      'Command that runs in the release after the last instance moved to it, also on the way back to an older one',
    ),
    hookTimeout: duration('1s', '1d')
      .prefault('10m')
      .describe('Time that each of these commands may take'),
  })
  .describe(
    'How the instances move to a release; Monit takes `start`, `status` and `text` from here too',
  );

/** The name by which an instance is asked for its health. */
export const hostHeader = (domains: readonly string[]): string =>
  domains.find((domain) => domain !== 'default' && !domain.startsWith('*.')) ?? 'localhost';

/**
 * What the instances of an app must run, and how they are moved there.
 *
 * The hash of the environment says something of the secrets in it, so the manifest is one itself.
 */
export function renderRollout(site: Site): Manifest[] {
  const { app } = site;
  return [
    {
      name: 'base',
      after: [],
      items: ['curl', 'iproute2', 'nftables'].map((name) => aptPackage(name)),
    },
    {
      name: `rollout-${app.name}`,
      after: [`environment-${app.name}`],
      app: app.name,
      secret: true,
      items: [rollout(site)],
    },
  ];
}

function rollout({ app, facts, secrets, release }: Site): Item {
  const { rollout, name } = app;
  const instances = ports(app, facts).map((port) => [port, 'current']);
  const files = publicDirectory(app, release);
  return {
    kind: 'rollout',
    name,
    state: {
      current: release.hash,
      ...(files !== undefined && { public: basename(files) }),
      target: 'active',
      ...Object.fromEntries(instances),
    },
    instructions: {
      '@unit': unitHash(app, facts),
      '@environment': environmentHash(app, secrets),
      '@host': hostHeader(app.domains),
      '@path': app.health,
      '@status': String(rollout.status),
      '@text': rollout.text ?? '',
      '@answers': String(rollout.answers),
      '@drain': String(rollout.drain),
      '@start': String(rollout.start),
      '@watch': String(rollout.watch),
      '@batch': String(rollout.batch),
      '@before': (rollout.before ?? []).join(' '),
      '@after': (rollout.after ?? []).join(' '),
      '@hook': String(rollout.hookTimeout),
      '@kept': String(app.keep),
    },
  };
}
