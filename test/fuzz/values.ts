/** Values of a stack file: each is refused where it stands, or arrives on the host to the byte. */
import assert from 'node:assert/strict';
import { ConfigError, readConfig } from '../../components/config/config.ts';
import { renderHost } from '../../components/config/render.ts';
import { unseen } from '../../components/host/facts.ts';
import { sha256 } from '../../components/host/item.ts';
import { itemLine, type Manifest, text } from '../../components/host/manifest.ts';
import { integer, pick, type Random } from '../harness/random.ts';
import { hostShell } from '../unit/host-shell.ts';
import { environmentOf } from './systemd.ts';
import { anyText, nearly } from './text.ts';

/** No word of it may be in an error. */
const canary = 'hunter2swordfish';

type App = Record<string, unknown> & {
  env: Record<string, unknown>;
  headers: Record<string, unknown>;
};
type Given = { app: App; secrets: Record<string, unknown>; server: Record<string, unknown> };

/** As JSON has it, where `__proto__` is a name as any other. */
function set(into: object, name: string, value: unknown): void {
  Object.defineProperty(into, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

type Place = readonly [at: string, put: (given: Given, random: Random) => void];

const field = (name: string, good: string): Place => [
  `apps.shop.${name}`,
  ({ app }, random) => set(app, name, nearly(random, good)),
];
const listed = (name: string, ...good: string[]): Place => [
  `apps.shop.${name}`,
  ({ app }, random) =>
    set(
      app,
      name,
      good.map((one) => nearly(random, one)),
    ),
];
const named = (name: string, key: string, good: string): Place => [
  `apps.shop.${name}`,
  ({ app }, random) => {
    const map = {};
    set(map, nearly(random, key), nearly(random, good));
    set(app, name, map);
  },
];

/** Names that JavaScript has a meaning of its own for. */
const ofLanguage = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

const places: readonly Place[] = [
  ['apps.shop.env', ({ app }, random) => set(app.env, pick(random, ofLanguage), 'a')],
  ['apps.shop.headers', ({ app }, random) => set(app.headers, pick(random, ofLanguage), 'a')],
  ['secrets.shop', ({ secrets }, random) => set(secrets, pick(random, ofLanguage), canary)],
  ['apps.shop.env', ({ app }, random) => set(app.env, 'GREETING', anyText(random))],
  ['apps.shop.env', ({ app }, random) => set(app.env, nearly(random, 'NAME'), anyText(random))],
  [
    'secrets.shop',
    ({ secrets }, random) => set(secrets, 'TOKEN', canary + anyText(random) + canary),
  ],
  ['secrets.shop', ({ secrets }, random) => set(secrets, nearly(random, 'KEY'), canary)],
  [
    'apps.shop.headers',
    ({ app }, random) => set(app.headers, 'X-Said', nearly(random, 'say "hi" \\')),
  ],
  ['apps.shop.headers', ({ app }, random) => set(app.headers, nearly(random, 'X-A'), 'DENY')],
  listed('domains', 'shop.example.com', '*.example.org'),
  listed('args', '--port=1', 'a/b'),
  listed('data', 'sessions'),
  listed('redirectFrom', 'www.example.net'),
  field('health', '/health?a=1'),
  field('maintenance', 'Back at noon.'),
  field('start', 'dist/server.js'),
  field('memory', '512M'),
  field('timeout', '60s'),
  named('static', '/assets', 'dist/assets'),
  named('uploads', '/media', 'media'),
  named('redirects', '/old', '/new?a=b#c'),
  [
    'server.hostname',
    ({ server }, random) => set(server, 'hostname', nearly(random, 'web1.example.com')),
  ],
  [
    'server.timezone',
    ({ server }, random) => set(server, 'timezone', nearly(random, 'Europe/Berlin')),
  ],
];

const release = { hash: 'c'.repeat(64), archive: 'shop.tar.gz' };

/** One stack file with hostile values in one to three places; whether it was taken. */
export function tryValues(random: Random): boolean {
  const given: Given = {
    app: { source: '.', start: 'server.js', domains: ['default'], env: {}, headers: {} },
    secrets: {},
    server: { address: 'web1.example.com' },
  };
  const chosen = Array.from({ length: integer(random, 1, 3) }, () => pick(random, places));
  for (const [, put] of chosen) put(given, random);
  const { app, secrets, server } = given;
  const values = { server, apps: { shop: app }, secrets: { shop: secrets } };
  try {
    arrives(readConfig({ values, encrypted: new Set(['secrets']) }), given);
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const ats = chosen.map(([at]) => at);
    for (const problem of error.problems)
      assert.ok(
        ats.some((at) => problem.startsWith(at)) || /^apps\.shop\.(places|rollout)/.test(problem),
        `of ${ats}: ${problem}`,
      );
    assert.ok(!error.message.includes(canary), `an error tells a secret: ${error.message}`);
    return false;
  }
}

function arrives({ hosts: [host] }: ReturnType<typeof readConfig>, { app, secrets }: Given): void {
  assert.ok(host);
  const manifests = renderHost(host, unseen.facts, { shop: release });
  const arrived = sent(manifests);
  manifests.forEach(({ name, items }, index) => {
    const files = items.filter(({ content }) => content !== undefined);
    for (const { content = '', state, name: path } of files)
      assert.equal(sha256(content), state.sha256, `${path} of ${name}`);
    const wanted = [...items.map(itemLine), ...files.map(({ state }) => state.sha256)];
    assert.deepEqual(arrived[index], wanted, name);
  });
  const all = manifests.flatMap(({ items }) => items);
  const content = (path: string): string => all.find(({ name }) => name === path)?.content ?? '';
  const read = environmentOf(content('/etc/keelson/shop/environment'));
  for (const [name, value] of [...Object.entries(app.env), ...Object.entries(secrets)])
    assert.equal(read[name], value, name);
  const site = content('/etc/nginx/keelson.d/shop.conf');
  for (const [name, value] of Object.entries(app.headers)) {
    const line = site.split('\n').find((line) => line.startsWith(`\tadd_header ${name} "`)) ?? '';
    const quoted = /^\tadd_header [^ ]+ "((?:[^"\\]|\\["\\])*)" always;$/.exec(line)?.[1];
    assert.equal(quoted?.replace(/\\(["\\])/g, '$1'), value, name);
  }
}

/** What the host makes of each manifest: its item lines, and the SHA-256 of each content. */
function sent(manifests: readonly Manifest[]): string[][] {
  const header = { run: 'r', lines: [] };
  const memory = Object.fromEntries(
    manifests.map((manifest, index) => [`work/sent.${index}`, text(manifest, header)]),
  );
  const said = hostShell(
    `work_of=$work
for number in ${manifests.map((_, index) => index).join(' ')}; do (
  work=$work_of/$number
  mkdir "$work"
  mv "$work_of/sent.$number" "$work/manifest"
  read_manifest
  cat "$work/items"
  cd "$work/content"
  ls | sed -n 's/^keelson[.][0-9]*[.]\\([0-9]*\\)[.]dpkg-new$/\\1 &/p' | sort -n | cut -d ' ' -f 2 |
    xargs -r sha256sum | cut -d ' ' -f 1
  echo 'manifest ends'
); done`,
    { memory },
  );
  return said
    .split('manifest ends\n')
    .slice(0, -1)
    .map((part) => part.split('\n').slice(0, -1));
}
