/** Next.js, by `next start` and as its standalone output: pages that it renews, pictures, a server action. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../harness/on-host.ts';
import type { App, Site } from './app.ts';

/** More often than there are instances. */
const often = 6;

/** Asks all instances for the one thing that a page says. */
async function all({ ask }: Site, path: string, what: RegExp): Promise<string[]> {
  const found: string[] = [];
  for (let asked = 0; asked < often; asked++) {
    const { status, body } = await ask(path);
    assert.equal(status, 200, body);
    found.push(what.exec(body)?.[1] ?? body);
  }
  return found;
}

const made = /made at (\d+)/;
const counted = /counted at (\d+)/;

async function renewal(site: Site): Promise<readonly string[]> {
  const before = Number((await all(site, '/clock', made)).at(-1));
  await sleep(3000);
  await all(site, '/clock', made);
  await sleep(1000);
  const after = await all(site, '/clock', made);
  assert.ok(
    after.every((time) => Number(time) > before),
    `${before}: ${after}`,
  );
  return ['a page renewed after 2 s'];
}

/** What one instance was told all of them have, and an instance that starts again too. */
async function revalidation(site: Site): Promise<readonly string[]> {
  const [built] = await all(site, '/stock', counted);
  assert.equal((await site.ask('/stock/renew', { method: 'POST' })).status, 200);
  await all(site, '/stock', counted);
  await sleep(500);
  const renewed = await all(site, '/stock', counted);
  assert.equal(new Set(renewed).size, 1, renewed.join());
  assert.ok(Number(renewed[0]) > Number(built), `${built}: ${renewed}`);
  const units = `${site.name}@3700 ${site.name}@3701`;
  await site.host.exec(`systemctl restart ${units}`);
  for (const port of [3700, 3701])
    await waitFor(site.host, `curl -sf http://127.0.0.1:${port}/ >/dev/null`);
  assert.deepEqual(await all(site, '/stock', counted), renewed);
  return ['one renewed by revalidatePath for both instances, also after a restart'];
}

const picture = '/_next/image?url=%2Fphoto.png&w=640&q=75';

async function optimised({ ask }: Site): Promise<string[]> {
  const found: string[] = [];
  for (let asked = 0; asked < often; asked++) {
    const { status, headers } = await ask(picture, { headers: { accept: 'image/webp' } });
    assert.deepEqual([status, headers['content-type']], [200, 'image/webp']);
    found.push(String(headers['x-nextjs-cache']));
  }
  return found;
}

async function files(site: Site): Promise<readonly string[]> {
  const page = await site.ask('/');
  const [hashed = ''] = /\/_next\/static\/[^"]+\.js/.exec(page.body) ?? [];
  const cached = async (path: string) => String((await site.ask(path)).headers['cache-control']);
  assert.equal(await cached(hashed), 'max-age=31536000, immutable', hashed);
  assert.match(await cached('/robots.txt'), /no-cache|max-age=0/);
  return ['hashed files kept for good, public ones not'];
}

/** Sends the form as a browser without JavaScript does; the cookies that come. */
async function submit({ ask, domain }: Site, id: string): Promise<string[]> {
  const form = new FormData();
  for (const name of [id, 'title', 'text']) form.set(name, name === id ? '' : 'x'.repeat(3500));
  const packed = new Response(form);
  const sent = await ask('/draft', {
    method: 'POST',
    headers: {
      'content-type': packed.headers.get('content-type') ?? '',
      origin: `http://${domain}`,
    },
    body: Buffer.from(await packed.arrayBuffer()),
  });
  assert.equal(sent.status, 200, sent.body);
  const cookies = (sent.headers['set-cookie'] ?? []).map((it) => it.replace(/;.*/, ''));
  assert.equal(cookies.length, 2);
  return cookies;
}

async function action(site: Site): Promise<readonly string[]> {
  const { ask } = site;
  const page = await ask('/draft');
  const cookies = await submit(site, /name="(\$ACTION_ID_[^"]+)"/.exec(page.body)?.[1] ?? '');
  const cookie = [...cookies, `consent=${'x'.repeat(6000)}`].join('; ');
  const kept = await ask('/draft', { headers: { cookie } });
  assert.match(kept.body, /kept: 3500 and 3500/);
  return ['a server action with 2 cookies of 3.5 kB', '13 kB of cookies'];
}

async function unrefused({ host, name }: Site): Promise<void> {
  const said = await host.exec(`journalctl -u '${name}@*' -o cat | grep -iE 'error|failed' || :`);
  assert.equal(said, '');
}

async function still(site: Site): Promise<readonly string[]> {
  assert.deepEqual(new Set(await optimised(site)), new Set(['HIT']));
  // A page that was loaded before the release asks for its own files.
  const id = readFileSync(join(site.directory, '.next/BUILD_ID'), 'utf8');
  const { status } = await site.ask(`/_next/static/${id}/_buildManifest.js`);
  assert.equal(status, 200);
  // And so does its form.
  const actions = join(site.directory, '.next/server/server-reference-manifest.json');
  const [, action] = /"([0-9a-f]{42})"/.exec(readFileSync(actions, 'utf8')) ?? [];
  await submit(site, `$ACTION_ID_${action}`);
  await unrefused(site);
  return ['the picture cached', 'files and form of a page that was open'];
}

const shared = {
  code: 'next',
  install: [['npm', 'install', '--omit=dev']],
  change: { file: 'app/page.jsx', from: 'First edition', to: 'Second edition' },
  versions: ['next'],
  use: async (site: Site) => {
    const [first, ...others] = await optimised(site);
    assert.equal(first, 'MISS');
    assert.deepEqual(new Set(others), new Set(['HIT']));
    const tried = [
      ...(await files(site)),
      'a picture optimised once',
      ...(await renewal(site)),
      ...(await revalidation(site)),
      ...(await action(site)),
    ];
    await unrefused(site);
    return tried;
  },
  still,
} as const satisfies Partial<App>;

/** With a key of the app's, by which a form of one release works in another. */
const build = [
  ...['env', `NEXT_SERVER_ACTIONS_ENCRYPTION_KEY=${Buffer.alloc(32, 'tried').toString('base64')}`],
  ...['node_modules/.bin/next', 'build'],
];

export const next: App = { ...shared, name: 'next', section: 'Next.js', build: [build] };

export const nextStandalone: App = {
  ...shared,
  name: 'next-standalone',
  section: 'Next.js, standalone',
  build: [
    ['env', 'OUTPUT=standalone', ...build],
    ['cp', '-r', 'public', '.next/static', '.next/standalone/'],
    ['mv', '.next/standalone/static', '.next/standalone/.next/static'],
  ],
  output: '.next/standalone',
};
