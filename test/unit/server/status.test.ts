import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { missingSecrets, secretsOf } from '../../../components/fields/secrets.ts';
import { compose, type Wanted } from '../../../components/host/compose.ts';
import type { Facts } from '../../../components/host/facts.ts';
import { sha512Crypt } from '../../../components/lib/sha512-crypt.ts';
import { status } from '../../../components/server/status.ts';
import { find, lines, names, textOf, trixie, web1 } from '../shop.ts';

const domain = 'status.example.com';
const statusPassword = 'correct horse: battery';

const render = (given: object | undefined, secrets = {}): Wanted =>
  (status.render?.(web1({ status: given }), { facts: trixie, secrets }) ?? {}) as Wanted;
const site = (given: object, secrets = {}): string[] =>
  lines(
    textOf(render({ domain, ...given }, secrets).base ?? [], '/etc/nginx/keelson.d/0-status.conf'),
  );
const users = (password: string): string =>
  textOf(
    render({ domain }, { statusPassword: password }).private ?? [],
    '/etc/keelson/status/users',
  );

test('who does not ask for the page gets nothing', () => {
  assert.deepEqual(render(undefined, { statusPassword }), {});
});

test('behind a password: asked of everybody, and kept where nginx alone reads it', () => {
  const conf = site({}, { statusPassword });
  assert.ok(conf.includes('auth_basic_user_file /etc/keelson/status/users;'));
  assert.ok(!conf.some((line) => /^(allow|deny|satisfy) /.test(line)));
  const { state, instructions } = find(
    render({ domain }, { statusPassword }).private ?? [],
    'file',
    '/etc/keelson/status/users',
  );
  assert.deepEqual([state.owner, state.group, state.mode], ['root', 'www-data', '0640']);
  assert.equal(instructions?.['@secret'], 'yes');
});

test('for some addresses alone: all others are turned away, and nobody has a password', () => {
  const given = { allow: ['10.0.0.0/8', '2001:db8::/32'] };
  const conf = site(given);
  const rules = conf.filter((line) => /^(allow|deny) /.test(line));
  assert.deepEqual(rules, ['allow 10.0.0.0/8;', 'allow 2001:db8::/32;', 'deny all;']);
  assert.ok(!conf.some((line) => line.startsWith('auth_basic')));
  assert.deepEqual(render({ domain, ...given }).private, []);
});

test('both are asked for where both are given', () => {
  const conf = site({ allow: ['10.0.0.0/8'] }, { statusPassword });
  assert.ok(conf.includes('deny all;'));
  assert.ok(conf.includes('auth_basic "Status";'));
});

test('without either there is a problem, and what to do', () => {
  const needs = status.needs?.(web1({ status: { domain } })) ?? [];
  assert.deepEqual(
    missingSecrets(needs, {}, (name) => `set ${name}`),
    ['status: has no password or `allow` yet; set statusPassword'],
  );
  assert.deepEqual(status.needs?.(web1({ status: { domain, allow: ['10.0.0.1'] } })), []);
  assert.deepEqual(status.needs?.(web1()), []);
});

test('a password that is short, endless, or cannot be typed is refused', () => {
  const schema = secretsOf([status]);
  const said = (statusPassword: string) =>
    schema.safeParse({ statusPassword }).error?.issues.map(({ message }) => message);
  assert.deepEqual(said('short'), [
    'is shorter than 12 characters; choose a longer one, such as openssl rand -hex 16 prints',
  ]);
  assert.deepEqual(said('x'.repeat(129)), ['is longer than 128 characters; choose a shorter one']);
  assert.deepEqual(said('twelve chars\n'), [
    'holds what is no printable ASCII; choose letters, digits and signs',
  ]);
  assert.equal(said(statusPassword), undefined);
});

test('the hash is the same in each run, of another salt with each password, and what crypt(3) makes', () => {
  const line = users(statusPassword);
  assert.equal(users(statusPassword), line);
  const [, salt = '', other] = [users(statusPassword), users(`${statusPassword}!`)]
    .join()
    .split('$6$');
  assert.notEqual(salt.split('$')[0], other?.split('$')[0]);
  const [name, hash] = line.trim().split(':');
  const made = execFileSync(
    'openssl',
    ['passwd', '-6', '-salt', salt.split('$')[0] ?? '', '-stdin'],
    { input: `${statusPassword}\n`, encoding: 'utf8' },
  );
  assert.deepEqual([name, hash], ['status', made.trim()]);
});

test('sha512-crypt: as OpenSSL makes it, of any length', () => {
  for (const length of [1, 11, 63, 64, 65, 128, 200]) {
    const password = 'pässwörd '.repeat(23).slice(0, length);
    const salt = './0123456789ABCD'.slice(0, 1 + (length % 16));
    const made = execFileSync('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], {
      input: `${password}\n`,
      encoding: 'utf8',
    });
    assert.equal(sha512Crypt(password, salt), made.trim(), `${length}`);
  }
});

test('page and history are for root and nginx, and go with the setting', () => {
  const place = find(render({ domain }).base ?? [], 'directory', '/var/lib/keelson-status');
  assert.deepEqual([place.state.group, place.state.mode], ['www-data', '2750']);
  assert.deepEqual(place.instructions, { '@remove': 'all' });
  assert.ok(names(render({ domain }).base ?? []).includes('unit keelson-status.timer'));
});

const acme = { contact: 'ops@example.com', terms: true };
const page = (given: object = {}, more: object = { acme }) =>
  web1({ status: { domain, allow: ['10.0.0.1'], ...given }, ...more });
const tlsOf = (server: ReturnType<typeof web1>) =>
  status.render?.(server, { facts: trixie })['tls-0-status'];

test('it has a certificate by ACME as soon as the server has that, in a manifest of its own', () => {
  const wanted = tlsOf(page()) ?? [];
  assert.deepEqual(names(wanted), [
    'certificate 0-status',
    'file /etc/nginx/keelson.d/0-default-tls.conf',
    'file /etc/nginx/keelson.d/0-status.tls',
  ]);
  assert.equal(find(wanted, 'certificate', '0-status').state.domains, domain);
  const said = lines(textOf(wanted, '/etc/nginx/keelson.d/0-status.tls'));
  for (const line of [
    'ssl_certificate /var/lib/keelson-acme/live/0-status/fullchain.pem;',
    'return 301 https://$host$request_uri;',
    'set $keelson_transport "max-age=86400";',
  ])
    assert.ok(said.includes(line), line);
  const [manifest] = compose([{ component: 'status', wanted: { 'tls-0-status': wanted } }]);
  assert.deepEqual(
    [manifest?.name, manifest?.secret, manifest?.isApart],
    ['tls-0-status', true, true],
  );
});

test('who asks nobody for a certificate goes on by http', () => {
  assert.equal(tlsOf(page({}, {})), undefined);
  assert.equal(tlsOf(page({ tls: 'off' })), undefined);
  for (const own of ['192.0.2.1', 'status.localhost', 'localhost'])
    assert.equal(tlsOf(page({ domain: own })), undefined, own);
});

test('a CA may ask it for its name, whoever else may see it, where it asks a CA', () => {
  const asks = (server: ReturnType<typeof web1>) =>
    textOf(
      status.render?.(server, { facts: trixie }).base ?? [],
      '/etc/nginx/keelson.d/0-status.conf',
    ).includes('location ^~ /.well-known/acme-challenge/ {');
  assert.equal(asks(page()), true);
  assert.equal(asks(page({ tls: 'off' })), false);
  assert.equal(asks(page({}, {})), false);
});

test('what certbot has for its name is left in peace, and said', () => {
  const facts: Facts = {
    ...trixie,
    certbot: [{ name: 'old', by: 'webroot', domains: [domain] }],
  };
  assert.deepEqual(status.notes?.(page(), { facts }), [
    {
      part: 'tls-0-status',
      item: 'certificate 0-status',
      keys: ['state', 'domains'],
      text: 'certbot has a certificate for the status page too: it is left in peace, and its renewal fails from now on; certbot delete --cert-name old ends it, once the site has its own',
    },
  ]);
  assert.deepEqual(status.notes?.(page({ tls: 'off' }), { facts }), []);
});
