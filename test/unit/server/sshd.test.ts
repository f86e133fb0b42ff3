import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../../components/host/facts.ts';
import { sshd } from '../../../components/server/sshd.ts';
import { offered } from '../../../components/ssh/refusals.ts';
import { bookworm, find, items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const path = '/etc/ssh/sshd_config.d/10-keelson.conf';
const render = (given: object = {}, facts: Partial<Facts> = {}) =>
  items(sshd.render?.(web1(given), { facts: { ...trixie, ...facts } }));

/** What the file says, by keyword. */
const said = (given: object = {}, facts: Partial<Facts> = {}): Record<string, string> =>
  Object.fromEntries(
    lines(textOf(render(given, facts), path)).map((line) => line.split(' ') as [string, string]),
  );

test('all of it is in the manifest that goes back by itself, checked by sshd, which is reloaded', () => {
  const wanted = sshd.render?.(web1(), { facts: trixie }) ?? {};
  assert.deepEqual(Object.keys(wanted), ['access']);
  const all = items(wanted);
  assert.deepEqual(find(all, 'file', path).instructions, { '@check': 'sshd' });
  assert.deepEqual(find(all, 'unit', 'ssh.service').instructions, {
    '@change': 'reload',
    '@config': '/etc/ssh/sshd_config.d',
  });
});

test('sshd of which systemd holds the socket does not live through a reload; drop-ins of its unit are people’s', () => {
  const { state, instructions } = find(render({}, { openssh: 'socket' }), 'unit', 'ssh.service');
  assert.equal(instructions?.['@change'], 'restart');
  assert.deepEqual(state, { failed: 'no', config: 'current' });
});

test('its file is read before those of cloud images', () => {
  const images = ['50-cloud-init.conf', '60-cloudimg-settings.conf'];
  const all = [...images, path.replace(/^.*\//, '')].sort();
  assert.equal(all[0], '10-keelson.conf');
});

test('a key alone lets in, and a login is for nothing but a shell', () => {
  const { KexAlgorithms: _, Ciphers: _c, MACs: _m, HostKeyAlgorithms: _h, ...rest } = said();
  assert.deepEqual(rest, {
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    PermitEmptyPasswords: 'no',
    PermitRootLogin: 'prohibit-password',
    MaxAuthTries: '4',
    AllowTcpForwarding: 'no',
    AllowAgentForwarding: 'no',
    AllowStreamLocalForwarding: 'no',
    X11Forwarding: 'no',
    PermitTunnel: 'no',
    LoginGraceTime: '30',
    MaxStartups: '10:30:60',
    PerSourceMaxStartups: '8',
    PerSourceNetBlockSize: '32:64',
    ClientAliveInterval: '60',
    ClientAliveCountMax: '2',
    TCPKeepAlive: 'no',
    Compression: 'no',
    LogLevel: 'VERBOSE',
    DebianBanner: 'no',
  });
});

test('what decides who comes in is watched as it holds, whatever file says it', () => {
  const file = said();
  const watched = render().filter(({ kind }) => kind === 'sshd');
  assert.deepEqual(
    names(watched).map((name) => name.replace('sshd ', '')),
    Object.keys(file).slice(0, watched.length),
  );
  for (const { name, state } of watched) assert.equal(state.value, file[name], name);
});

test('root may log in while root does; the host tells, and the stack file where no host was seen', () => {
  const root = (given: object, facts: Partial<Facts> = {}) => said(given, facts).PermitRootLogin;
  assert.equal(root({}, { login: 'root' }), 'prohibit-password');
  assert.equal(root({}, { login: 'admin' }), 'no');
  assert.equal(root({ user: 'admin' }), 'no');
  assert.equal(root({ sshd: { rootLogin: true } }, { login: 'admin' }), 'prohibit-password');
  assert.equal(root({ sshd: { rootLogin: false } }, { login: 'admin' }), 'no');
});

test('root is not shut out while root logs in', () => {
  const message =
    'sshd.rootLogin: false would shut out root, who logs in; name a user with passwordless sudo as `user`, or leave rootLogin out';
  assert.throws(() => render({ sshd: { rootLogin: false } }, { login: 'root' }), { message });
  assert.throws(() => render({ sshd: { rootLogin: false } }), { message });
});

test('forwarding is asked for, by a setting or by a status page that the host itself may see', () => {
  const tcp = (given: object) => said(given).AllowTcpForwarding;
  assert.equal(tcp({ sshd: { forwarding: 'local' } }), 'local');
  assert.equal(tcp({ sshd: { forwarding: true } }), undefined);
  assert.equal(said({ sshd: { forwarding: true } }).X11Forwarding, undefined);
  const status = (allow: string[]) => ({ status: { domain: 'status.localhost', allow } });
  assert.equal(tcp(status(['127.0.0.1'])), 'local');
  assert.equal(tcp(status(['::1'])), 'local');
  assert.equal(tcp(status(['10.0.0.0/8'])), 'no');
  assert.equal(tcp({ ...status(['127.0.0.1']), sshd: { forwarding: false } }), 'no');
});

test('of each list the kit’s own connections know something', () => {
  for (const facts of [bookworm, trixie])
    for (const [keyword, known] of [
      ['KexAlgorithms', offered.kex],
      ['Ciphers', offered.cipher],
      ['MACs', offered.hmac],
      ['HostKeyAlgorithms', ['ssh-ed25519']],
    ] as const) {
      const listed = said({}, facts)[keyword]?.split(',') ?? [];
      assert.ok(
        known.some((name) => listed.includes(name)),
        `${facts.codename} ${keyword}`,
      );
    }
});

test('what OpenSSH 9.2 does not know yet is left out on Debian 12', () => {
  const first = (facts: Facts) => said({}, facts).KexAlgorithms?.split(',')[0];
  assert.equal(first(bookworm), 'sntrup761x25519-sha512@openssh.com');
  assert.equal(first(trixie), 'mlkem768x25519-sha256');
});

test('a host shows an RSA key from 3072 bits on, and no ECDSA key', () => {
  const shown = (rsaHostKey?: number) => said({}, { rsaHostKey }).HostKeyAlgorithms;
  const modern = 'ssh-ed25519-cert-v01@openssh.com,ssh-ed25519';
  assert.equal(shown(), modern);
  assert.equal(shown(2048), modern);
  assert.match(shown(3072) ?? '', /,ssh-ed25519,rsa-sha2-512,rsa-sha2-256$/);
});

test('off, or where something else lets people in, nothing is wanted', () => {
  assert.deepEqual(render({ sshd: false }), []);
  assert.deepEqual(render({}, { openssh: 'no' }), []);
});

test('a Match of people’s own that takes passwords is told, and left alone', () => {
  const news = (given: object, passwords?: string) =>
    sshd.news?.(web1(given), { ...trixie, passwords });
  assert.deepEqual(news({}, 'bob eve'), [
    'sshd: a Match of your own lets bob, eve log in with a password; it is left alone',
  ]);
  assert.deepEqual(news({}, ''), []);
  assert.deepEqual(news({}), []);
  assert.deepEqual(news({ sshd: false }, 'bob'), []);
});
