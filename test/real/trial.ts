/** One app on one Debian release: from nothing to its removal. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Release } from '../../tools/container/base.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, withHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { changed, newStack, type Stack } from '../harness/stack.ts';
import type { App, Site } from './app.ts';
import { type Described, described } from './guide.ts';
import type { Prepared } from './prepare.ts';

export type Outcome = {
  /** How long the first `up` took, on a fresh Debian. */
  readonly seconds: number;
  /** What was tried, a few words each. */
  readonly tried: readonly string[];
};

/** @throws with the first thing that was not as it should be. */
export async function trial(app: App, release: Release, made: Prepared): Promise<Outcome> {
  return await withHost({ release, user: 'admin' }, async (host) => {
    const stack = await newStack([host], {});
    try {
      return await story(app, siteOf(app, host, stack, made), made);
    } finally {
      rmSync(stack.directory, { recursive: true, force: true });
    }
  });
}

export function siteOf(app: App, host: DebianHost, stack: Stack, made: Prepared): Site {
  const { name, domain } = described(app.section);
  return {
    ...{ host, stack, name, domain, directory: made.first },
    ask: (path, asked = {}) => ask(host, path, { domain, ...asked }),
  };
}

/** What the stack file says of an app, with one of its releases as source. */
export const settings = ({ app }: Described, { output = '' }: App, directory: string) => ({
  ...app,
  source: join(directory, output),
});

async function story(app: App, site: Site, made: Prepared): Promise<Outcome> {
  const { stack, name } = site;
  const told = described(app.section);
  const configure = (directory: string, more: object = {}) =>
    stack.configure({
      server: told.server,
      apps: { [name]: { ...settings(told, app, directory), ...more } },
    });
  const still = async () => (await app.still?.(site)) ?? [];
  const tried: string[] = [];

  configure(made.first);
  for (const [key, value] of Object.entries(app.secrets ?? {}))
    await stack.setSecret(`${name}.${key}`, value);
  const began = performance.now();
  await stack.up();
  const seconds = (performance.now() - began) / 1000;
  await shows(app, site, 'from');
  await closed(site);
  tried.push(...(await app.use(site)));
  await nothingToDo(stack);
  const former = await running(site);

  configure(made.second);
  await stack.up();
  await shows(app, site, 'to');
  tried.push('released', ...(await still()));

  configure(made.second, { release: former });
  await stack.up();
  await shows(app, site, 'from');
  assert.equal(await running(site), former);
  tried.push('rolled back', ...(await still()));
  await nothingToDo(stack);
  tried.push('nothing to do');

  if (app.secrets)
    await stack.pulumi([
      ...['config', 'rm', '--path', `keelson:secrets.${name}`, '--stack', stack.name],
    ]);
  stack.configure({ server: told.server, apps: {} });
  await stack.up();
  await gone(site);
  await nothingToDo(stack);
  tried.push('removed');
  return { seconds, tried };
}

/** Asks more often than there are instances, each of which must be on the release that is meant. */
export async function shows({ change }: App, site: Site, which: 'from' | 'to'): Promise<void> {
  const { path = '/' } = change;
  const other = which === 'from' ? 'to' : 'from';
  for (let asked = 0; asked < 6; asked++) {
    const { status, body } = await site.ask(path);
    const answer = `${path}: ${status} ${body.slice(0, 500)}`;
    assert.equal(status, 200, answer);
    assert.ok(body.includes(change[which]), `no ${change[which]}: ${answer}`);
    assert.ok(!body.includes(change[other]), `still ${change[other]}: ${answer}`);
  }
}

/** Its port is nobody's from outside, wherever it listens. */
async function closed({ host }: Site): Promise<void> {
  const socket = connect({ host: host.address, port: 3700, timeout: 3000 });
  try {
    const came = await new Promise((resolve) => {
      for (const event of ['connect', 'timeout', 'error']) socket.once(event, () => resolve(event));
    });
    assert.notEqual(came, 'connect', 'port 3700 is open to others');
  } finally {
    socket.destroy();
  }
}

/** The release that the instances are on, as the stack's outputs name it. */
async function running({ stack, name }: Site): Promise<string> {
  const { apps } = (await stack.outputs()) as { apps: Record<string, string> };
  const release = /^release (\w+) /.exec(apps[`server/${name}`] ?? '')?.[1];
  assert.ok(release, JSON.stringify(apps));
  return release;
}

async function nothingToDo(stack: Stack): Promise<void> {
  const run = await stack.preview();
  assert.deepEqual(changed(run), [], said(run));
}

async function gone({ host, name, ask }: Site): Promise<void> {
  const left = await host.exec(
    `systemctl list-units --all --plain --no-legend '${name}@*'; getent passwd ${name} || :`,
  );
  assert.equal(left, '', `left of ${name}`);
  const answer = await ask('/').catch(() => undefined);
  assert.notEqual(answer?.status, 200);
}
