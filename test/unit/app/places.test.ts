import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directories } from '../../../components/app/directories.ts';
import { places } from '../../../components/app/places.ts';
import { service } from '../../../components/app/service.ts';
import { site } from '../../../components/app/site.ts';
import { uploads } from '../../../components/app/uploads.ts';
import { complaints, context, items, lines, shop, textOf, web1 } from '../shop.ts';

const given = {
  uploads: { '/media': 'media', '/other': 'other' },
  data: ['sessions'],
  places: { media: '/mnt/disk/media', sessions: '/data/sessions' },
};

const place = '/mnt/disk/media';
const kept = { '@remove': 'keep', '@deep': 'yes' };

test('a directory lies at its place, and a link leads there from where it lies by default', () => {
  assert.deepEqual(items(uploads.render?.(shop(given), {} as never)), [
    {
      kind: 'directory',
      name: place,
      state: { owner: 'shop', group: 'www-data', mode: '2770' },
      instructions: { ...kept, '@place': 'yes' },
    },
    {
      kind: 'link',
      name: '/srv/shop/media',
      state: { target: place },
      instructions: { '@place': 'yes' },
    },
    {
      kind: 'directory',
      name: '/srv/shop/other',
      state: { owner: 'shop', group: 'www-data', mode: '2770' },
      instructions: kept,
    },
  ]);
  const [data] = items(directories.render?.(shop(given), {} as never));
  assert.deepEqual(
    [data?.name, data?.state],
    ['/data/sessions', { owner: 'shop', group: 'shop', mode: '2750' }],
  );
});

test('the app finds it as always, may write it there, and starts with its disk alone', () => {
  const app = shop(given);
  assert.deepEqual(uploads.variables?.(app), {
    MEDIA_DIR: '/srv/shop/media',
    OTHER_DIR: '/srv/shop/other',
  });
  const unit = lines(
    textOf(items(service.render?.(app, context(app))), '/etc/systemd/system/shop@.service'),
  );
  assert.deepEqual(
    unit.filter((line) => /^(ReadWritePaths|RequiresMountsFor)=/.test(line)),
    [
      'RequiresMountsFor=/mnt/disk/media',
      'RequiresMountsFor=/data/sessions',
      'ReadWritePaths=/mnt/disk/media',
      'ReadWritePaths=/srv/shop/other',
      'ReadWritePaths=/data/sessions',
      ...['ReadWritePaths=/srv/shop/.home', 'ReadWritePaths=/srv/shop/.cache'],
    ],
  );
});

test('nginx serves uploads from their place', () => {
  const app = shop(given);
  const text = textOf(items(site.render?.(app, context(app))), '/etc/nginx/keelson.d/shop.conf');
  assert.ok(lines(text).includes('alias /mnt/disk/media/;'));
  assert.ok(lines(text).includes('disable_symlinks on from=/mnt/disk/media;'));
  assert.ok(lines(text).includes('alias /srv/shop/other/;'));
});

test('a place that others use, or that the app cannot see, is refused', () => {
  const table: Record<string, RegExp> = {
    'mnt/x': /is not an absolute path on the host/,
    '/mnt/../etc': /is not an absolute path/,
    '/mnt': /is not the app’s alone; give a directory in it, such as/,
    '/srv': /is not the app’s alone/,
    '/home/jane/media': /is hidden from apps; choose a directory such as/,
    '/tmp/x': /is hidden from apps/,
    '/etc/x': /is used by Debian or the kit; choose/,
    '/usr': /is used by Debian or the kit/,
    '/var/lib/keelson/x': /is used by Debian or the kit/,
    '/var/log/shop': /is used by Debian or the kit/,
  };
  for (const [path, message] of Object.entries(table)) {
    const told = complaints({ start: 'a.js', data: ['a'], places: { a: path } });
    assert.match(told.join('\n'), message, path);
    assert.ok(told.every((line) => line.startsWith('places.a ')));
  }
  for (const path of ['/mnt/disk', '/data', '/var/lib/shop', '/srv/disk/shop', '/homes/x'])
    assert.deepEqual(complaints({ start: 'a.js', data: ['a'], places: { a: path } }), [], path);
});

test('each place is one directory’s alone, in nobody’s home, and of a directory that there is', () => {
  const told = (...apps: object[]) =>
    places.conflicts?.(
      apps.map((app, index) => ({ ...shop(app), name: ['shop', 'blog'][index] ?? '' })),
      { server: web1(), secrets: {} },
    );
  const own = (path: string) => ({ data: ['a'], places: { a: path } });
  assert.deepEqual(told(given), []);
  assert.deepEqual(told({ data: ['a', 'b'], places: { c: '/mnt/c' } }, {}), [
    'apps.shop.places.c: there is no directory "c" in uploads or data; choose among a, b',
  ]);
  assert.deepEqual(told({ places: { c: '/mnt/c' } }), [
    'apps.shop.places.c: there is no directory "c" in uploads or data; name it there first',
  ]);
  // What every app has, and what it links outside of its release.
  const others = { '.cache': '/mnt/c', '.home': '/mnt/h', 'linked/a/b': '/mnt/l' };
  assert.deepEqual(told({ linked: ['a/b'], places: others }), []);
  assert.equal(told({ linked: ['a/c'], places: others })?.length, 1);
  assert.deepEqual(told(own('/mnt/a'), own('/mnt/a')), [
    'apps.blog.places.a: "/mnt/a" overlaps with "/mnt/a" of apps.shop.places.a; choose a directory of its own',
  ]);
  assert.equal(told(own('/mnt/a/b'), own('/mnt/a'))?.length, 1);
  assert.deepEqual(told(own('/mnt/a'), own('/mnt/ab')), []);
  assert.deepEqual(told(own('/srv/blog/x'), {}), [
    'apps.shop.places.a: "/srv/blog/x" lies in /srv/blog, which is apps.blog\'s own; choose a directory elsewhere',
  ]);
  assert.equal(told(own('/srv/shop/x'))?.length, 1);
});
