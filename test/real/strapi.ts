/** Strapi with SQLite: its first administrator, an article, and a picture that it keeps in `public/uploads`. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Asked } from '../harness/http.ts';
import type { App, Site } from './app.ts';

const admin = { email: 'ada@example.com', password: 'Passw0rd!' };
const article = { title: 'What stays' };
const picture = readFileSync(join(import.meta.dirname, 'next/public/photo.png'));

/** As the administration's pages ask, with a token once there is one. */
async function asked<T>(
  { ask }: Site,
  path: string,
  token = '',
  body?: object,
  method = body ? 'POST' : 'GET',
): Promise<T> {
  const headers = {
    'content-type': 'application/json',
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const request: Asked = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const answer = await ask(path, request);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}

type Role = {
  id: number;
  type: string;
  permissions: Record<string, { controllers: Record<string, Record<string, object>> }>;
};

/** As with a click on "find" among what the public may do. */
async function publish(site: Site, token: string): Promise<void> {
  const { roles } = await asked<{ roles: Role[] }>(site, '/users-permissions/roles', token);
  const path = `/users-permissions/roles/${roles.find(({ type }) => type === 'public')?.id}`;
  const { role } = await asked<{ role: Role }>(site, path, token);
  const { find } = role.permissions['api::article']?.controllers.article ?? {};
  assert.ok(find, JSON.stringify(role.permissions['api::article']));
  Object.assign(find, { enabled: true });
  await asked(site, path, token, role, 'PUT');
}

async function upload(site: Site, token: string): Promise<void> {
  const form = new FormData();
  form.set('files', new Blob([picture], { type: 'image/png' }), 'photo.png');
  const packed = new Response(form);
  const { status, body } = await site.ask('/upload', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': packed.headers.get('content-type') ?? '',
    },
    body: Buffer.from(await packed.arrayBuffer()),
  });
  assert.ok(status < 300, `${status} ${body}`);
}

const login = async (site: Site): Promise<string> =>
  (await asked<{ data: { token: string } }>(site, '/admin/login', '', admin)).data.token;

async function kept(site: Site): Promise<readonly string[]> {
  const { data } = await asked<{ data: { title: string }[] }>(site, '/api/articles');
  assert.deepEqual(
    data.map(({ title }) => title),
    [article.title],
  );
  type File = { url: string; formats: { thumbnail: { url: string } } };
  const { results } = await asked<{ results: File[] }>(site, '/upload/files', await login(site));
  const [file, ...others] = results;
  assert.deepEqual(others, []);
  for (const url of [file?.url, file?.formats.thumbnail.url]) {
    const { status, headers } = await site.ask(String(url));
    assert.deepEqual([status, headers['content-type']], [200, 'image/png'], url);
  }
  return ['a login', 'the article', 'the picture and its thumbnail'];
}

const secrets = [
  'JWT_SECRET',
  'ADMIN_JWT_SECRET',
  'API_TOKEN_SALT',
  'TRANSFER_TOKEN_SALT',
  'ENCRYPTION_KEY',
];

/** Of a host that lives for minutes. */
const key = (name: string) => Buffer.from(`only tried: ${name}`).toString('base64');

export const strapi: App = {
  name: 'strapi',
  section: 'Strapi',
  install: [
    ['npm', 'install', '--omit=dev'],
    ['npm', 'run', 'build'],
  ],
  change: {
    file: 'src/api/about/controllers/about.js',
    ...{ from: 'First edition', to: 'Second edition', path: '/api/about' },
  },
  secrets: {
    APP_KEYS: `${key('a')},${key('b')}`,
    ...Object.fromEntries(secrets.map((name) => [name, key(name)])),
  },
  versions: ['@strapi/strapi', 'better-sqlite3'],
  use: async (site) => {
    const { status, body } = await site.ask('/admin');
    assert.equal(status, 200, body);
    const person = { ...admin, firstname: 'Ada', lastname: 'Lovelace' };
    await asked(site, '/admin/register-admin', '', person);
    const token = await login(site);
    await asked(site, '/content-manager/collection-types/api::article.article', token, article);
    await publish(site, token);
    await upload(site, token);
    return ['the first administrator', ...(await kept(site))];
  },
  still: kept,
};
