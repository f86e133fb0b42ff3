import assert from 'node:assert/strict';
import { test } from 'node:test';
import { site } from '../../../components/app/site.ts';
import { staticFiles } from '../../../components/app/static.ts';
import { complaints, items, ownLines, shop, textOf, web1 } from '../shop.ts';

/** The lines of a site's locations for static files, by what is behind `location`. */
function locations(given: object): Record<string, string[]> {
  const context = { instances: [3700], server: web1() };
  const conf = textOf(items(site.render?.(shop(given), context)), '/etc/nginx/keelson.d/shop.conf');
  const blocks = conf.split(/^\tlocation /m).slice(1);
  return Object.fromEntries(
    blocks.map((block) => {
      const [head = '', ...rest] = ownLines(block.split('\n\t}')[0] ?? '');
      return [head.replace(/ \{$/, ''), rest];
    }),
  );
}

const directives = (all: readonly string[] = [], name: string): string[] =>
  all.filter((line) => line.startsWith(`${name} `));

test('static files: of this release, else of the one before, else the app’s', () => {
  const found = locations({ static: { '/': 'public', '/a.b': 'dist/a' } });
  // The longest path first; a dot is a dot.
  assert.deepEqual(Object.keys(found), [
    '~ ^/a\\.b/(?<file>.*[^/])$',
    '~ ^/(?<file>.*[^/])$',
    '/',
    '@app',
  ]);
  const own = found['~ ^/a\\.b/(?<file>.*[^/])$'];
  assert.deepEqual(own, [
    'root /srv/shop/public;',
    'charset utf-8;',
    'charset_types text/calendar text/css text/csv text/javascript text/markdown text/plain text/vtt application/javascript;',
    'add_header Cache-Control $keelson_cache;',
    'try_files /current/dist/a/$file /previous/dist/a/$file @app;',
  ]);
  assert.deepEqual(found['@app'], ['proxy_pass http://shop;']);
});

test('how long browsers keep them is said by path: of a directory, of one below it, of one file', () => {
  const given = {
    static: { '/': 'public', '/assets/': 'dist' },
    uploads: { '/media': 'media', '/other': 'other' },
    cache: {
      ...{ '/assets': 'immutable', '/img': '1d', '/img/large/': 'no-store', '/sw.js': 'no-cache' },
      '/media/': '5m',
    },
  };
  const found = locations(given);
  const told = Object.entries(found).flatMap(([head, all]) =>
    [...directives(all, 'add_header Cache-Control'), ...directives(all, 'try_files')].map(
      (line) => `${head}: ${line}`,
    ),
  );
  assert.deepEqual(told, [
    '^~ /media/: add_header Cache-Control "max-age=300";',
    '~ ^/img/large/(?<file>.*[^/])$: add_header Cache-Control "no-store";',
    '~ ^/img/large/(?<file>.*[^/])$: try_files /current/public/img/large/$file /previous/public/img/large/$file @app;',
    '~ ^/assets/(?<file>.*[^/])$: add_header Cache-Control "max-age=31536000, immutable";',
    '~ ^/assets/(?<file>.*[^/])$: try_files /current/dist/$file /previous/dist/$file @app;',
    '~ ^/sw\\.js(?<file>(?:/.*[^/])?)$: add_header Cache-Control "no-cache";',
    '~ ^/sw\\.js(?<file>(?:/.*[^/])?)$: try_files /current/public/sw.js$file /previous/public/sw.js$file @app;',
    '~ ^/img(?<file>(?:/.*[^/])?)$: add_header Cache-Control "max-age=86400";',
    '~ ^/img(?<file>(?:/.*[^/])?)$: try_files /current/public/img$file /previous/public/img$file @app;',
    '~ ^/(?<file>.*[^/])$: add_header Cache-Control $keelson_cache;',
    '~ ^/(?<file>.*[^/])$: try_files /current/public/$file /previous/public/$file @app;',
  ]);
});

test('what the app writes in a static directory, where nginx may not read, is the app’s to answer', () => {
  const given = {
    static: { '/': 'public', '/x': 'publicity' },
    linked: ['public/up.loads', 'tmp'],
    scratch: ['public/thumbnails'],
  };
  const found = locations(given);
  assert.deepEqual(Object.keys(found), [
    '~ ^/thumbnails(?:/.*)?$',
    '~ ^/up\\.loads(?:/.*)?$',
    '~ ^/x/(?<file>.*[^/])$',
    '~ ^/(?<file>.*[^/])$',
    '/',
    '@app',
  ]);
  assert.deepEqual(found['~ ^/up\\.loads(?:/.*)?$'], ['try_files /keelson-none @app;']);
});

test('headers of the whole site are theirs too; one Cache-Control is said, the nearest', () => {
  const headers = { 'X-Frame-Options': 'DENY', 'cache-control': 'private' };
  const given = { static: { '/': 'public' }, cache: { '/img': '1d' }, headers };
  const found = locations({ ...given, uploads: { '/u': 'u' } });
  const said = (head: string) => directives(found[head], 'add_header');
  assert.deepEqual(said('~ ^/(?<file>.*[^/])$'), [
    'add_header X-Frame-Options "DENY" always;',
    'add_header cache-control "private" always;',
  ]);
  assert.deepEqual(said('~ ^/img(?<file>(?:/.*[^/])?)$'), [
    'add_header Cache-Control "max-age=86400";',
    'add_header X-Frame-Options "DENY" always;',
  ]);
  assert.equal(said('^~ /u/').length, 4);
});

test('what the app answers keeps its own word', () => {
  const told = (given: object) =>
    staticFiles.conflicts?.([shop(given)], { server: web1(), secrets: {} });
  const given = { static: { '/assets': 'dist' }, uploads: { '/media': 'media' } };
  assert.deepEqual(told({ ...given, cache: { '/assets/a.js': '1d', '/media': '1d' } }), []);
  const linked = { static: { '/': 'public' }, linked: ['public/up'] };
  assert.deepEqual(told({ ...linked, cache: { '/upper': '1d', '/img': '1d' } }), []);
  assert.equal(told({ ...linked, cache: { '/up': '1d', '/up/a.png': '1d' } })?.length, 2);
  const nested = { uploads: { '/media': 'media', '/media/small': 'small' } };
  assert.deepEqual(told({ ...nested, cache: { '/media/small': '1d' } }), []);
  assert.deepEqual(
    told({ ...given, cache: { '/api': '1d', '/assetsx': '1d', '/media/a': '1d' } }),
    [
      'apps.shop.cache./api: is answered by the app, which says itself how long to keep it; name a path of static or uploads, or one below static',
      'apps.shop.cache./assetsx: is answered by the app, which says itself how long to keep it; name a path of static or uploads, or one below static',
      'apps.shop.cache./media/a: is answered by the app, which says itself how long to keep it; name a path of static or uploads, or one below static',
    ],
  );
});

for (const [kept, message] of [
  ['forever', /^cache\.\/ is no time .* write one such as 1d, or immutable, no-cache or no-store$/],
  ['0s', /is no time/],
  ['', /is no time/],
  ['1d\n', /is no time/],
  [60, /^cache\.\/ /],
  ['366d', /is longer than 365d/],
] as const)
  test(`refused: kept for ${JSON.stringify(kept)}`, () =>
    assert.match(complaints({ start: 'a.js', cache: { '/': kept } }).join('\n'), message));
