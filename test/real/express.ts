/** Express, with a login whose cookies are fat, and pictures that its users send. */
import assert from 'node:assert/strict';
import type { App, Site } from './app.ts';

const picture = Buffer.alloc(3_000_000, 'keelson ');

/** What a browser keeps of an answer. */
const cookies = (set: readonly string[] = []): string =>
  set.map((cookie) => cookie.replace(/;.*/, '')).join('; ');

async function login({ ask }: Site): Promise<readonly string[]> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await ask('/login', { method: 'POST', headers: form, body: 'user=ada' });
  assert.equal(answer.status, 302, answer.body);
  const fat = (answer.headers['set-cookie'] ?? []).filter((it) => it.length > 2000);
  assert.equal(fat.length, 2);
  const padding = `; consent=${'x'.repeat(9000)}`;
  const cookie = cookies(answer.headers['set-cookie']) + padding;
  for (let asked = 0; asked < 6; asked++) {
    const { status, body } = await ask('/me', { headers: { cookie } });
    assert.equal(status, 200, body);
    const { user, cookies: length } = JSON.parse(body);
    assert.deepEqual([user, length], ['ada', cookie.length]);
  }
  return ['a login with 2 cookies of 2 kB', `${Math.floor(cookie.length / 1000)} kB of cookies`];
}

async function upload(site: Site): Promise<readonly string[]> {
  const form = new FormData();
  form.set('picture', new Blob([picture]), 'picture.png');
  const packed = new Response(form);
  const { status, body } = await site.ask('/upload', {
    method: 'POST',
    headers: { 'content-type': packed.headers.get('content-type') ?? '' },
    body: Buffer.from(await packed.arrayBuffer()),
  });
  assert.equal(status, 200, body);
  assert.deepEqual(JSON.parse(body), { name: 'picture.png', stored: true });
  return ['an upload of 3 MB', ...(await served(site))];
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
  use: async (site) => [...(await login(site)), ...(await upload(site))],
  still: served,
};
