import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderApp } from '../../../components/app/app.ts';
import type { AppConfig } from '../../../components/app/components.ts';
import { credentials } from '../../../components/app/credentials.ts';
import { environmentHash } from '../../../components/app/environment.ts';
import { compose } from '../../../components/host/compose.ts';
import { sha256 } from '../../../components/host/item.ts';
import {
  chat,
  cleanup,
  complaints,
  context,
  find,
  items,
  mailer,
  names,
  release,
  shop,
  textOf,
  trixie,
  web1,
} from '../shop.ts';

const secrets = { KEY: '-----BEGIN-----\nx\n-----END-----\n', TOKEN: 'hunter2' };
const folder = '/etc/keelson/credentials.d/shop';

/** All items of an app, by their manifests. */
const manifestsOf = (app: AppConfig, given: Record<string, string> = secrets) =>
  compose(renderApp({ server: web1(), facts: trixie, app, apps: [app], secrets: given, release }));
const all = (app: AppConfig) => {
  const wanted = manifestsOf(app).flatMap(({ items }) => items);
  return [...new Map(wanted.map((item) => [`${item.kind} ${item.name}`, item])).values()];
};

test('each is a file of root’s alone, to the byte, and its content is secret', () => {
  const wanted = items(credentials.render?.(shop({ credentials: true }), { secrets }));
  for (const name of ['/etc/keelson', '/etc/keelson/credentials.d', folder])
    find(wanted.slice(0, 3), 'directory', name);
  const { state, instructions, content } = find(wanted.slice(0, 5), 'file', `${folder}/KEY`);
  assert.deepEqual([state.owner, state.group, state.mode], ['root', 'root', '0600']);
  assert.deepEqual(instructions, { '@secret': 'yes', '@bare': 'yes' });
  assert.equal(state.sha256, sha256(secrets.KEY));
  // With a line break that the host takes off.
  assert.equal(content, `${secrets.KEY}\n`);
  assert.equal(find(wanted.slice(0, 5), 'file', `${folder}/TOKEN`).state.sha256, sha256('hunter2'));
});

test('what is a file is no variable, and the other way round', () => {
  const of = (given: object) => {
    const wanted = all(shop(given));
    const text = textOf(wanted, '/etc/keelson/shop/environment');
    const files = names(wanted).filter((name) => name.includes(folder) && name.startsWith('file'));
    return [
      [.../^(KEY|TOKEN)(?==)/gm[Symbol.matchAll](text)].map(([name]) => name),
      [...new Set(files)].map((name) => name.replace(/.*\//, '')),
    ];
  };
  assert.deepEqual(of({}), [['KEY', 'TOKEN'], []]);
  assert.deepEqual(of({ credentials: true }), [[], ['KEY', 'TOKEN']]);
  assert.deepEqual(of({ credentials: { KEY: 'KEY_AT' } }), [['TOKEN'], ['KEY']]);
});

test('whatever runs of an app loads them, and is told where they are', () => {
  const also = {
    mail: { type: 'worker', start: 'mail.js' },
    tidy: { type: 'job', start: 'tidy.js' },
  };
  const loads = (app: AppConfig, path: string) =>
    textOf(all(app), path)
      .split('\n')
      .filter((line) => /^LoadCredential|_FILE=|_AT=/.test(line));
  const given = { credentials: true };
  const units: [AppConfig, string][] = [
    [shop({ ...given, also }), '/etc/systemd/system/shop@.service'],
    [shop({ ...given, also }), '/etc/systemd/system/shop-mail@.service'],
    [shop({ ...given, also }), '/etc/systemd/system/shop-tidy.service'],
    [shop(given), '/etc/keelson/shop/hook.service'],
    [mailer(given), '/etc/systemd/system/mailer@.service'],
    [chat(given), '/etc/systemd/system/chat@.service'],
    [cleanup(given), '/etc/systemd/system/cleanup.service'],
    [cleanup(given), '/etc/keelson/cleanup/hook.service'],
  ];
  for (const [app, path] of units)
    assert.deepEqual(
      loads(app, path),
      [
        `LoadCredential=KEY:/etc/keelson/credentials.d/${app.name}/KEY`,
        'Environment=KEY_FILE=%d/KEY',
        `LoadCredential=TOKEN:/etc/keelson/credentials.d/${app.name}/TOKEN`,
        'Environment=TOKEN_FILE=%d/TOKEN',
      ],
      path,
    );
  const named = shop({ credentials: { KEY: 'KEY_AT' } });
  assert.deepEqual(loads(named, '/etc/systemd/system/shop@.service'), [
    `LoadCredential=KEY:${folder}/KEY`,
    'Environment=KEY_AT=%d/KEY',
  ]);
});

test('they come before the units that load them, and go after those', () => {
  const manifests = manifestsOf(shop({ credentials: true }));
  const of = (name: string) => manifests.find((manifest) => manifest.name === name);
  assert.equal(of('credentials-shop')?.secret, true);
  assert.ok(of('app-shop')?.after.includes('credentials-shop'));
  // The first manifest that no longer names one is not the last that did.
  for (const name of ['credentials-shop', 'rollout-shop'])
    find(of(name)?.items ?? [], 'file', `${folder}/KEY`);
  assert.equal(
    manifestsOf(shop()).some(({ name }) => name === 'credentials-shop'),
    false,
  );
});

test('another value, name or form moves the instances', () => {
  const hash = (credentials: unknown, given: Record<string, string>) => {
    const app = shop({ credentials });
    return environmentHash(app, context(app, { secrets: given }));
  };
  const hashes = [
    hash(true, { KEY: 'a' }),
    hash(true, { KEY: 'b' }),
    hash(true, { KEY: 'a', B: '' }),
    hash(true, { TOKEN: 'a' }),
    hash(false, { KEY: 'a' }),
    hash(false, {}),
  ];
  assert.equal(new Set(hashes).size, hashes.length);
  assert.equal(hash(true, { KEY: 'a', TOKEN: 'b' }), hash(true, { TOKEN: 'b', KEY: 'a' }));
  // Of an app that has none it is what it always was.
  assert.equal(hash(true, {}), hash(false, {}));
});

const told = (given: object, secrets: Record<string, string>) =>
  credentials.conflicts?.([shop(given)], { server: web1(), secrets: { shop: secrets } });

test('one that is no secret of the app is told, with the command that sets it', () => {
  assert.deepEqual(told({ credentials: { KEY: 'KEY_AT' } }, {}), [
    "apps.shop.credentials.KEY: is no secret of shop; run pulumi config set --secret --path 'keelson:secrets.shop.KEY'",
  ]);
  assert.deepEqual(told({ credentials: true }, {}), []);
});

test('a variable that is to hold a path, and is something else too, is told', () => {
  const at = 'apps.shop.credentials.KEY: KEY_FILE is to hold its path, and';
  assert.deepEqual(told({ credentials: true, env: { KEY_FILE: '/x' } }, { KEY: 'x' }), [
    `${at} is given in apps.shop.env too; rename one`,
  ]);
  assert.deepEqual(told({ credentials: { KEY: 'KEY_FILE' } }, { KEY: 'x', KEY_FILE: 'y' }), [
    `${at} is a secret of shop too; rename one`,
  ]);
  assert.deepEqual(told({ credentials: { A: 'AT', KEY: 'AT' } }, { A: 'x', KEY: 'y' }), [
    'apps.shop.credentials.KEY: AT is to hold its path, and that of A; choose another',
  ]);
  assert.deepEqual(told({ credentials: true }, { KEY: 'x', KEY_FILE: 'y' }), []);
});

test('more than systemd takes is told', () => {
  const large = Object.fromEntries(
    Array.from({ length: 33 }, (_, index) => [`KEY_${index}`, 'x'.repeat(32768)]),
  );
  assert.deepEqual(told({ credentials: true }, large), [
    'apps.shop.credentials: are 1081344 bytes together, and systemd takes 1048576; ship what is not secret as files of the app',
  ]);
  const { KEY_0: _, ...fits } = large;
  assert.deepEqual(told({ credentials: true }, fits), []);
});

test('it is all of them, or some by name', () => {
  assert.deepEqual(complaints({ start: 'a.js', credentials: ['KEY'] }).length, 1);
  assert.match(complaints({ start: 'a.js', credentials: { 'a-b': 'X' } }).join(), /credentials/);
  assert.deepEqual(complaints({ start: 'a.js', credentials: {} }), []);
});
