import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neededFiles, pages } from '../../../components/app/pages.ts';
import {
  complaints,
  context,
  find,
  items,
  manual,
  names,
  ownLines,
  textOf,
  web1,
} from '../shop.ts';

const wanted = (given: object = {}, server = web1()) => {
  const app = manual(given);
  return items(pages.render?.(app, context(app, { server })));
};
const conf = (given: object = {}, server = web1()): string[] =>
  ownLines(textOf(wanted(given, server), '/etc/nginx/keelson.d/manual.conf'));
/** The lines of one location. */
const location = (path: string, given: object = {}): string[] => {
  const all = conf(given);
  const at = all.indexOf(`location ${path} {`);
  assert.ok(at >= 0, `${path}\n${all.join('\n')}`);
  const rest = all.slice(at + 1);
  const next = rest.findIndex((line) => line.startsWith('location '));
  return rest.slice(0, next < 0 ? undefined : next);
};

test('the smallest site: its release, its page for what is not there, and no dot files', () => {
  const all = conf();
  assert.ok(all.includes('root /srv/manual/current;'));
  assert.ok(all.includes('server_name manual.example.com;'));
  assert.ok(all.includes('location ~ /\\.(?!well-known(?:/|$)) {'));
  assert.ok(all.includes('try_files /404.html =404;'));
  assert.doesNotMatch(all.join('\n'), /proxy_|upstream|limit_req/);
});

test('pages are found without .html, and directories by their index', () => {
  assert.deepEqual(location('/').slice(0, 3), [
    'add_header Cache-Control $keelson_cache;',
    'try_files $uri $uri.html $uri/ @before0;',
    'error_page 403 404 = @before0;',
  ]);
});

test('of the release before it only what has a hash in its name is read', () => {
  assert.deepEqual(location('@before0', { root: 'dist' }).slice(0, 6), [
    ...['root /srv/manual/previous/dist;'],
    ...['if ($keelson_cache = no-cache) {', 'return 404;', '}'],
    ...['add_header Cache-Control $keelson_cache;', 'try_files $uri =404;'],
  ]);
});

test('a single-page app answers each page that is not there', () => {
  assert.ok(
    location('@before0', { fallback: 'index.html' }).includes('rewrite ^ /index.html last;'),
  );
});

test('how long a path is kept is said of one file and of what lies in it; what never changes is read in the release before it too', () => {
  const given = { cache: { '/sw.js': 'no-store', '/assets/': 'immutable', '/': '5m' } };
  const all = conf(given);
  for (const path of ['= /sw.js', '/sw.js/', '/assets/', '/'])
    assert.ok(all.includes(`location ${path} {`), path);
  assert.equal(location('= /sw.js', given)[0], 'add_header Cache-Control "no-store";');
  assert.equal(location('/', given)[0], 'add_header Cache-Control "max-age=300";');
  const number = /@before(\d)/.exec(location('/assets/', given)[1] ?? '')?.[1];
  assert.ok(!location(`@before${number}`, given).includes('return 404;'));
});

test('headers stand beside those of a location; Cache-Control of the whole site wins over the guess', () => {
  const given = { headers: { 'X-Frame-Options': 'DENY', 'Cache-Control': 'private' } };
  assert.deepEqual(location('/', given).slice(0, 2), [
    'add_header X-Frame-Options "DENY" always;',
    'add_header Cache-Control "private" always;',
  ]);
});

test('limits, redirects, other domains and maintenance are as of any site', () => {
  const all = conf({
    rateLimit: { requests: 5 },
    redirects: { '/old': '/new' },
    redirectFrom: ['www.manual.example.com'],
  });
  assert.ok(all.includes('limit_req zone=manual_requests burst=50 nodelay;'));
  assert.ok(all.includes('location = /old {'));
  assert.ok(all.includes('return 301 $keelson_scheme://manual.example.com$request_uri;'));
  const closed = conf({ maintenance: 'Back at nine' });
  assert.match(closed.join('\n'), /return 503/);
  assert.ok(!closed.includes('location @missing {'));
});

test('load balancers are answered by the release itself', () => {
  const server = web1({
    nginx: { balancers: ['10.0.0.0/8'], balancerChecks: { interval: '5s', fall: 2, rise: 2 } },
  });
  const path = '/etc/nginx/keelson.d/manual.health';
  assert.match(textOf(wanted({}, server), path), /try_files \/index\.html =503;/);
  assert.ok(!names(wanted()).includes(`file ${path}`));
  assert.ok(conf({}, server).includes('include /etc/nginx/keelson.d/*.health;'));
});

test('who asks for no other name is answered last, as of any site', () => {
  const app = manual({ domains: ['default'] });
  assert.deepEqual(pages.render?.(app, context(app)).last, ['site']);
  const file = find(
    items(pages.render?.(app, context(app))),
    'file',
    '/etc/nginx/keelson.d/manual.conf',
  );
  assert.equal(file.instructions?.['@serves'], 'default');
});

test('the files that it cannot be without', () => {
  assert.deepEqual(neededFiles(manual()), ['index.html']);
  assert.deepEqual(neededFiles(manual({ root: 'out', notFound: '404/index.html' })), [
    ...['out/index.html', 'out/404/index.html'],
  ]);
  assert.deepEqual(neededFiles(manual({ fallback: 'index.html' })), ['index.html']);
});

test('what cannot be is told', () => {
  assert.deepEqual(complaints({ type: 'static', fallback: 'a.html', notFound: 'b.html' }), [
    'notFound is never shown beside fallback, which answers for it; keep one of them',
  ]);
  assert.deepEqual(
    pages.conflicts?.([manual()], { server: web1(), secrets: { manual: { TOKEN: 'x' } } }),
    ['secrets.manual: nothing runs in a static site that could read them; remove them'],
  );
});
