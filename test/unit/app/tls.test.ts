import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mock, test } from 'node:test';
import { environment, environmentHash } from '../../../components/app/environment.ts';
import { pages } from '../../../components/app/pages.ts';
import { tls } from '../../../components/app/tls.ts';
import { covered } from '../../../components/fields/secrets.ts';
import { pem } from '../../harness/pem.ts';
import { scratchDirectory } from '../scratch.ts';
import {
  bookworm,
  complaints,
  context,
  find,
  items,
  lines,
  manual,
  names,
  shop,
  textOf,
  trixie,
  web1,
} from '../shop.ts';

const directory = scratchDirectory('tls');
const own = pem(directory, 'shop', { names: ['shop.example.com', 'www.example.com'] });
const { certificate, key } = own.paths;
const acme = { ...web1(), acme: {} } as ReturnType<typeof web1>;
const live = '/etc/letsencrypt/live/shop';
const onHost = {
  certificate: { onHost: `${live}/fullchain.pem` },
  key: { onHost: `${live}/privkey.pem` },
};
const sites = '/etc/nginx/keelson.d';

type App = ReturnType<typeof shop> | ReturnType<typeof manual>;
const rendered = (app: App, given = {}) => items(tls.render?.(app, context(app, given)));
const said = (given: object, more = {}): string[] =>
  lines(textOf(rendered(shop({ tls: given }), more), `${sites}/shop.tls`));

/** What is wrong with the TLS of this app, with these secrets. */
const told = (given: object, secrets: Record<string, string> = {}): string[] =>
  tls.conflicts?.([shop(given)], { secrets: { shop: secrets } }) ?? [];

test('a site is served by https where its stack file says so, or the server has ACME', () => {
  assert.deepEqual(rendered(shop()), []);
  assert.deepEqual(rendered(shop({ tls: 'off' }), { server: acme }), []);
  const files = [`file ${sites}/0-default-tls.conf`, `file ${sites}/shop.tls`];
  for (const given of ['acme', {}, onHost])
    assert.deepEqual(names(rendered(shop({ tls: given }))), files);
  assert.deepEqual(names(rendered(shop(), { server: acme })), files);
  assert.deepEqual(names(rendered(manual({ tls: onHost }))), [
    `file ${sites}/0-default-tls.conf`,
    `file ${sites}/manual.tls`,
  ]);
});

test('certificate and key are files of root’s alone, and of the key nothing is ever shown', () => {
  const all = rendered(shop({ tls: { certificate, key } }));
  const place = '/etc/keelson/tls/shop';
  for (const path of ['/etc/keelson/tls', place])
    assert.equal(find(all, 'directory', path).state?.mode, '0700');
  assert.equal(textOf(all, `${place}/fullchain.pem`), own.certificate);
  const { state, instructions, content } = find(all, 'file', `${place}/privkey.pem`);
  assert.deepEqual(
    [state?.mode, state?.owner, instructions],
    ['0600', 'root', { '@secret': 'yes' }],
  );
  assert.equal(content, own.key);
  assert.ok(said({ certificate, key }).includes(`ssl_certificate_key ${place}/privkey.pem;`));
});

test('a key may be a secret, which the app is not told', () => {
  const given = { tls: { certificate, key: { secret: 'TLS_KEY' } } };
  const secrets = { TLS_KEY: own.key };
  assert.equal(
    textOf(rendered(shop(given), { secrets }), '/etc/keelson/tls/shop/privkey.pem'),
    own.key,
  );
  const told = (secrets: Record<string, string>) => ({ variables: {}, secrets });
  const env = items(environment.render?.(shop(given), told(secrets)));
  assert.deepEqual(names(env), ['file /etc/keelson/shop/environment']);
  assert.equal(environmentHash(shop(given), told(secrets)), environmentHash(shop(given), told({})));
  const about = (name: string) =>
    pages.conflicts?.([manual(given)], { secrets: { manual: { [name]: 'x' } } });
  assert.deepEqual([about('TLS_KEY'), about('OTHER')?.length], [[], 1]);
});

test('one that somebody else brings is named where it lies, and looked at there', () => {
  const all = rendered(shop({ tls: onHost, domains: ['shop.example.com', 'default'] }));
  const { content, instructions } = find(all, 'file', `${sites}/shop.tls`);
  assert.ok(lines(content ?? '').includes(`ssl_certificate ${live}/fullchain.pem;`));
  assert.equal(instructions?.['@pair'], `${live}/fullchain.pem ${live}/privkey.pem`);
  assert.equal(instructions?.['@names'], 'shop.example.com');
});

test('HTTP/2 and key exchange are those of the Debian at hand', () => {
  assert.deepEqual(said(onHost, { facts: bookworm }).slice(0, 2), [
    'listen 443 ssl http2;',
    'listen [::]:443 ssl http2;',
  ]);
  const groups = 'X25519:prime256v1:secp384r1;';
  assert.ok(said(onHost, { facts: bookworm }).includes(`ssl_ecdh_curve ${groups}`));
  assert.deepEqual(said(onHost, { facts: trixie }).slice(0, 3), [
    'listen 443 ssl;',
    'listen [::]:443 ssl;',
    'http2 on;',
  ]);
  assert.ok(said(onHost, { facts: trixie }).includes(`ssl_ecdh_curve X25519MLKEM768:${groups}`));
});

test('what comes by http is sent to https, unless both are wanted', () => {
  const redirect = 'return 301 https://$host$request_uri;';
  assert.ok(said(onHost).includes(redirect));
  assert.ok(!said({ ...onHost, redirect: false }).includes(redirect));
});

test('browsers are bound for a day, for long only in so many words, or not at all', () => {
  const hsts = (given: unknown): string | undefined =>
    said({ ...onHost, hsts: given }).find((line) => line.startsWith('set $keelson_transport'));
  assert.equal(hsts(undefined), 'set $keelson_transport "max-age=86400";');
  assert.equal(hsts('30d'), 'set $keelson_transport "max-age=2592000";');
  assert.equal(hsts('off'), undefined);
  const long = { maxAge: '730d', includeSubDomains: true, preload: true };
  assert.equal(
    hsts(long),
    'set $keelson_transport "max-age=63072000; includeSubDomains; preload";',
  );
  assert.equal(hsts({ maxAge: '365d' }), 'set $keelson_transport "max-age=31536000";');
  const wrong = (given: unknown) =>
    complaints({ start: 'a.js', tls: { ...onHost, hsts: given } }).join();
  assert.match(wrong('31d'), /is longer than 30d, .* say so with hsts: \{ maxAge: 365d \}/);
  const alone = /is taken with includeSubDomains and a maxAge of 365d or more alone; add them/;
  assert.match(wrong({ maxAge: '365d', preload: true }), alone);
  assert.match(wrong({ ...long, maxAge: '90d' }), alone);
});

test('who asks for no name that a site has is shown no certificate, or that of the default', () => {
  const unknown = lines(textOf(rendered(shop({ tls: onHost })), `${sites}/0-default-tls.conf`));
  assert.ok(unknown.includes('ssl_reject_handshake on;'));
  assert.ok(unknown.includes('listen [::]:443 ssl backlog=4096;'));
  const app = shop({ tls: onHost, domains: ['default'], redirectFrom: ['www.example.com'] });
  const all = rendered(app);
  const listens = (name: string) =>
    lines(textOf(all, `${sites}/${name}`)).filter((line) => line.startsWith('listen'));
  assert.deepEqual(listens('shop.tls'), [
    'listen 443 ssl default_server;',
    'listen [::]:443 ssl default_server;',
  ]);
  assert.deepEqual(listens('shop.aliases'), ['listen 443 ssl;', 'listen [::]:443 ssl;']);
  assert.deepEqual(tls.render?.(app, context(app)).last, ['site', 'tls']);
});

test('a pair that cannot be served is told with its setting, before anything is changed', (t) => {
  const pair = { certificate, key };
  assert.deepEqual(told({ tls: pair, redirectFrom: ['www.example.com'] }), []);
  assert.match(
    told({ tls: pair, redirectFrom: ['old.example.com'] }).join(),
    /^apps\.shop\.tls\.certificate: is not for old\.example\.com, but for shop\.example\.com, www\.example\.com; get/,
  );
  const other = pem(directory, 'other', { names: [] });
  assert.match(
    told({ tls: { certificate, key: other.paths.key } }).join(),
    /^apps\.shop\.tls\.key: does not fit the certificate; /,
  );
  const end = Date.now() + 31 * 86_400_000;
  mock.timers.enable({ apis: ['Date'], now: end });
  t.after(() => mock.timers.reset());
  assert.match(told({ tls: pair }).join(), /^apps\.shop\.tls\.certificate: has ended on /);
});

test('a secret that is not there is told, one that nobody may see is not judged', () => {
  const given = { tls: { certificate, key: { secret: 'TLS_KEY' } } };
  assert.deepEqual(told(given), [
    "apps.shop.tls.key.secret: there is no TLS_KEY yet; run pulumi config set --secret --path 'keelson:secrets.shop.TLS_KEY' < FILE",
  ]);
  assert.deepEqual(told(given, { TLS_KEY: covered }), []);
  assert.match(told(given, { TLS_KEY: 'x' }).join(), /^apps\.shop\.tls\.key: holds no private key/);
});

test('files of this machine are looked for, and what cannot be read here is not judged', () => {
  const app = shop({ tls: { certificate: 'no.pem', key: 'no.key' } });
  assert.deepEqual(tls.localFiles?.(app), [
    { at: 'tls.certificate', path: 'no.pem' },
    { at: 'tls.key', path: 'no.key' },
  ]);
  rmSync('no.pem', { force: true });
  assert.deepEqual(told({ tls: { certificate: 'no.pem', key: 'no.key' } }), []);
  assert.deepEqual(tls.localFiles?.(shop({ tls: onHost })), []);
});

test('half a pair is refused', () => {
  const wrong = (given: object) => complaints({ start: 'a.js', tls: given }).join();
  assert.match(
    wrong({ certificate }),
    /has only one of certificate and key; give both, or neither/,
  );
  assert.match(
    wrong({ certificate, key: onHost.key }),
    /has one of certificate and key on the server, and the other here; give both in one place/,
  );
});
