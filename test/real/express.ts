/** Express, with a login whose cookies are fat, and pictures that its users send. */
import assert from 'node:assert/strict';
import type { Answer } from '../harness/http.ts';
import type { App, Site } from './app.ts';

const picture = Buffer.alloc(3_000_000, 'keelson ');

/** What a browser keeps of an answer. */
const cookies = (set: readonly string[] = []): string =>
  set.map((cookie) => cookie.replace(/;.*/, '')).join('; ');

/** Signs somebody in; what a browser sends along from then on. */
async function login({ ask }: Site): Promise<string> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await ask('/login', { method: 'POST', headers: form, body: 'user=ada' });
  assert.equal(answer.status, 302, answer.body);
  const fat = (answer.headers['set-cookie'] ?? []).filter((it) => it.length > 2000);
  assert.equal(fat.length, 2);
  return `${cookies(answer.headers['set-cookie'])}; consent=${'x'.repeat(9000)}`;
}

async function me(site: Site): Promise<readonly string[]> {
  const cookie = await login(site);
  for (let asked = 0; asked < 6; asked++) {
    const { status, body } = await site.ask('/me', { headers: { cookie } });
    assert.equal(status, 200, body);
    const { from, ...known } = JSON.parse(body);
    assert.deepEqual(known, { user: 'ada', cookies: cookie.length });
    assert.match(from, /^198\.18\./);
  }
  signedIn.set(site.stack, cookie);
  return ['a login with 2 cookies of 2 kB', `${Math.floor(cookie.length / 1000)} kB of cookies`];
}

/** Sessions in memory end with their instance. */
const signedIn = new WeakMap<object, string>();

async function signedOut(site: Site): Promise<readonly string[]> {
  const cookie = signedIn.get(site.stack) ?? '';
  assert.equal((await site.ask('/me', { headers: { cookie } })).status, 401);
  return await me(site);
}

async function send(site: Site, bytes: Buffer): Promise<Answer> {
  const form = new FormData();
  form.set('picture', new Blob([new Uint8Array(bytes)]), 'picture.png');
  const packed = new Response(form);
  return await site.ask('/upload', {
    method: 'POST',
    headers: { 'content-type': packed.headers.get('content-type') ?? '' },
    body: Buffer.from(await packed.arrayBuffer()),
  });
}

async function upload(site: Site): Promise<readonly string[]> {
  const { status, body } = await send(site, picture);
  assert.equal(status, 200, body);
  assert.deepEqual(JSON.parse(body), { name: 'picture.png', stored: true });
  assert.equal((await send(site, Buffer.alloc(11_000_000))).status, 413);
  return ['an upload of 3 MB, none of 11 MB', ...(await served(site))];
}

async function served({ ask }: Site): Promise<readonly string[]> {
  const { status, headers, body } = await ask('/uploads/picture.png');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'image/png');
  assert.equal(body, picture.toString());
  return ['the picture served'];
}

export const express: App = {
  name: 'express',
  section: 'Express',
  change: { file: 'server.js', from: 'First edition', to: 'Second edition' },
  use: async (site) => [...(await me(site)), ...(await upload(site))],
  still: async (site) => {
    await signedOut(site);
    return await served(site);
  },
};
