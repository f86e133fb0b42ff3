/** One app on one Debian release: from nothing to its removal. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Release } from '../../tools/container/base.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import { withHost } from '../harness/host.ts';
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
  const told = described(app.section);
  return await withHost({ release, user: 'admin' }, async (host) => {
    const stack = await newStack([host], {});
    try {
      const { name, domain } = told;
      const site: Site = {
        ...{ host, stack, name, domain, directory: made.first },
        ask: (path, asked = {}) => ask(host, path, { domain, ...asked }),
      };
      return await story(app, site, told, made);
    } finally {
      rmSync(stack.directory, { recursive: true, force: true });
    }
  });
}

async function story(app: App, site: Site, told: Described, made: Prepared): Promise<Outcome> {
  const { stack, name } = site;
  const { from, to } = app.change;
  const output = (directory: string) => join(directory, app.output ?? '');
  const configure = (directory: string, more: object = {}) =>
    stack.configure({
      server: told.server,
      apps: { [name]: { ...told.app, source: output(directory), ...more } },
    });
  const still = async () => (await app.still?.(site)) ?? [];
  const tried: string[] = [];

  configure(made.first);
  for (const [key, value] of Object.entries(app.secrets ?? {}))
    await stack.setSecret(`${name}.${key}`, value);
  const began = performance.now();
  await stack.up();
  const seconds = (performance.now() - began) / 1000;
  await shows(app, site, from, to);
  tried.push(...(await app.use(site)));
  await nothingToDo(stack);
  const former = await running(site);

  configure(made.second);
  await stack.up();
  await shows(app, site, to, from);
  tried.push('released', ...(await still()));

  configure(made.second, { release: former });
  await stack.up();
  await shows(app, site, from, to);
  assert.equal(await running(site), former);
  tried.push('rolled back', ...(await still()));
  await nothingToDo(stack);
  tried.push('nothing to do');

  stack.configure({ server: told.server, apps: {} });
  await stack.up();
  const left = await site.host.exec(
    `systemctl list-units --all --plain --no-legend '${name}*'; getent passwd ${name} || :`,
  );
  assert.equal(left, '', `left of ${name}`);
  await nothingToDo(stack);
  tried.push('removed');
  return { seconds, tried };
}

/** Asks more often than there are instances, each of which must be on the release that is meant. */
async function shows(app: App, site: Site, words: string, others: string): Promise<void> {
  const path = app.change.path ?? '/';
  for (let asked = 0; asked < 6; asked++) {
    const { status, body } = await site.ask(path);
    assert.equal(status, 200, `${path}: ${status} ${body.slice(0, 500)}`);
    assert.ok(body.includes(words), `${path} says no ${words}: ${body.slice(0, 500)}`);
    assert.ok(!body.includes(others), `${path} still says ${others}`);
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
