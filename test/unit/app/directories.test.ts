import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directories, writableDirectories } from '../../../components/app/directories.ts';
import { preview } from '../../../components/host/preview.ts';
import type { Origin } from '../../../components/host/rows.ts';
import { complaints, find, items, shop, web1 } from '../shop.ts';

const given = { uploads: { '/media': 'media' }, data: ['sessions', 'cache'] };
const all = (more: object = {}) =>
  items(directories.render?.(shop({ ...given, ...more }), {} as never));

test('private directories are the app’s alone, also what an app that went left in them', () => {
  assert.deepEqual(all(), [
    ...['sessions', 'cache'].map((name) => ({
      kind: 'directory',
      name: `/srv/shop/${name}`,
      state: { owner: 'shop', group: 'shop', mode: '2750' },
      instructions: { '@remove': 'keep', '@deep': 'yes' },
    })),
  ]);
});

test('they go with the app where the stack file says so', () => {
  const { instructions } = find(all({ onRemove: 'delete' }), 'directory', '/srv/shop/cache');
  assert.equal(instructions?.['@remove'], 'last');
});

test('what the app may write: uploads and data, each once, and what every app has', () => {
  const app = shop({ uploads: { '/a': 'media', '/b': 'media' }, data: ['sessions'] });
  assert.deepEqual(writableDirectories(app), [
    ...['/srv/shop/media', '/srv/shop/sessions'],
    ...['/srv/shop/.home', '/srv/shop/.cache'],
  ]);
});

test('directories that would leave /srv/<app>, or that the kit uses, are refused', () => {
  const table: Record<string, RegExp> = {
    '../x': /is not a path inside the app/,
    'a/b': /is not a plain name; give one directory below \/srv\/<app>, such as uploads/,
    '.ssh': /is not a plain name/,
    '1a': /begins with a digit, which the variable that names it cannot; choose another name/,
    releases: /is used by the kit; choose another name/,
    current: /is used by the kit/,
    previous: /is used by the kit/,
    public: /is used by the kit/,
    '': /is not a path inside the app/,
  };
  for (const [name, message] of Object.entries(table))
    for (const [at, where] of [
      ['uploads./u', { uploads: { '/u': name } }],
      ['data.0', { data: [name] }],
    ] as const) {
      const told = complaints({ start: 'a.js', ...where });
      assert.match(told.join('\n'), message, name);
      assert.ok(told.every((line) => line.startsWith(`${at} `)));
    }
});

test('two directories with one variable are told, one at two URL paths is fine', () => {
  const told = (app: object) =>
    directories.conflicts?.([shop(app)], { server: web1(), secrets: {} });
  assert.deepEqual(
    told({ uploads: { '/f': 'files', '/g': 'a.b' }, data: ['files', 'a-b', 'c', 'c'] }),
    [
      'apps.shop.data.0: "files" is FILES_DIR in the environment, as "files" of uploads./f is; choose another name',
      'apps.shop.data.1: "a-b" is A_B_DIR in the environment, as "a.b" of uploads./g is; choose another name',
      'apps.shop.data.3: "c" is C_DIR in the environment, as "c" of data.2 is; choose another name',
    ],
  );
  assert.deepEqual(told({ uploads: { '/f': 'a', '/g': 'a' } }), []);
});

/** What a preview asks where these rows come about, of an app with so many instances. */
function asked(given: object, rows: readonly string[], instances = [3700, 3701]): string[] {
  const app = shop(given);
  const all = directories.notes?.(app, { instances } as never) ?? [];
  return rows.flatMap((line) => {
    const [origin = '', kind = '', name = '', key = '', from = ''] = line.split(' ');
    const row = { origin: origin as Origin, kind, name, key, from, to: 'x' };
    const manifest = { name: 'x', after: [], items: [], notes: all };
    return preview(manifest, [row], new Map(), true).slice(1);
  });
}

test('whether several instances can share what an app keeps is asked once', () => {
  const question =
    "  shop keeps files in /srv/shop/flows, /srv/shop/linked/a, where 2 instances write at once: can they share them? One SQLite file, and flows such as Node-RED's, they cannot: instances: 1";
  const keeping = { data: ['flows'], linked: ['a'] };
  const first = 'new directory /srv/shop/flows state missing';
  const second = 'change rollout shop 3701 stopped';
  assert.deepEqual(asked(keeping, [first]), [question]);
  assert.deepEqual(asked(keeping, [second]), [question]);
  const later = [
    ...['drift directory /srv/shop/flows state missing', 'drift rollout shop 3701 stopped'],
    ...['change rollout shop 3701 release:x', 'new rollout shop 3701 stopped'],
    ...['change rollout shop 3700 stopped', 'change directory /srv/shop/flows mode 0755'],
  ];
  assert.deepEqual(asked(keeping, later), []);
  assert.deepEqual(asked(keeping, [first], [3700]), []);
  assert.deepEqual(asked({ uploads: { '/u': 'up' } }, [first, second]), []);
});

test('where they lie elsewhere it is asked of that place', () => {
  const given = { data: ['flows'], places: { flows: '/mnt/f' } };
  assert.match(
    asked(given, ['new directory /mnt/f state missing']).join(),
    /keeps files in \/mnt\/f,/,
  );
});
