import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFacts } from '../../components/host/facts.ts';
import { factsScript } from '../../components/host/script.ts';

const lines = (more: Record<string, string> = {}): string[] =>
  Object.entries({
    id: 'debian',
    codename: 'bookworm',
    version: '12',
    architecture: 'amd64',
    cores: '4',
    memoryMiB: '3936',
    hostname: 'web1',
    sshd: '[::]:22 0.0.0.0:22',
    systemd: '252',
    ...more,
  }).map(([key, value]) => `${key}\t${value}`);

test('facts and memory are read from the lines that a host prints', () => {
  const output = [
    ...lines(),
    'header\tnginx run r7',
    'header\tnginx ! file /etc/a mode 0666 → 0644 (drift)',
    'blob\t123 r5',
    'unconfirmed\taccess r6',
    'release\tshop aaa',
    'release\tshop bbb',
    'failed\tshop bbb',
  ].join('\n');
  const { facts, memory } = parseFacts(output);
  assert.equal(facts.cores, 4);
  assert.deepEqual(facts.releases, { shop: ['aaa', 'bbb'] });
  assert.deepEqual(facts.failed, { shop: ['bbb'] });
  assert.deepEqual(memory.blobs, new Map([['123', 'r5']]));
  assert.deepEqual(memory.unconfirmed, new Map([['access', 'r6']]));
  assert.deepEqual(memory.manifests.get('nginx'), {
    run: 'r7',
    lines: ['! file /etc/a mode 0666 → 0644 (drift)'],
  });
});

test('whose rsyslog is on a host is a fact, where there is one', () => {
  assert.equal(parseFacts(lines().join('\n')).facts.rsyslog, undefined);
  assert.equal(parseFacts(lines({ rsyslog: 'own' }).join('\n')).facts.rsyslog, 'own');
});

test('an rsyslog is there because of the kit for as long as the kit holds its service', (t) => {
  const state = mkdtempSync(join(tmpdir(), 'keelson-facts-'));
  t.after(() => rmSync(state, { recursive: true }));
  mkdirSync(join(state, 'manifests'));
  const unit = 'unit\trsyslog.service\tactive=inactive\tenabled=disabled\n';
  const ask = (items: string) => {
    writeFileSync(join(state, 'manifests/base'), `run r1\n\n${items}end\n`);
    const script = factsScript().replace(/^wait_for_boot \d.*$/m, `STATE='${state}'`);
    return execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  };
  assert.match(ask(unit), /^rsyslog\tkit$/m);
  assert.doesNotMatch(ask(unit.replace('rsyslog', 'rsyslog-2')), /^rsyslog\tkit$/m);
});

test('what certbot renews is a fact: how it proves names, and which', (t) => {
  const certbot = mkdtempSync(join(tmpdir(), 'keelson-certbot-'));
  t.after(() => rmSync(certbot, { recursive: true }));
  for (const folder of ['renewal', 'live/shop'])
    mkdirSync(join(certbot, folder), { recursive: true });
  const settings =
    '# renew_before_expiry = 30 days\nversion = 4.0.0\n[renewalparams]\nauthenticator = webroot\n';
  writeFileSync(join(certbot, 'renewal/shop.conf'), settings);
  const subject = 'subjectAltName=DNS:shop.example.com,DNS:*.example.com';
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', join(certbot, 'key'), '-out', join(certbot, 'live/shop/cert.pem')];
  execFileSync('openssl', [...made, '-subj', '/', '-addext', subject, ...files], {
    stdio: 'ignore',
  });
  const script = factsScript().replace(/^wait_for_boot \d.*$/m, `CERTBOT='${certbot}'`);
  const told = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  const [line = ''] = told.split('\n').filter((one) => one.startsWith('certbot'));
  assert.equal(line, 'certbot\tshop webroot shop.example.com,*.example.com');
  assert.deepEqual(parseFacts([...lines(), line].join('\n')).facts.certbot, [
    { name: 'shop', by: 'webroot', domains: ['shop.example.com', '*.example.com'] },
  ]);
});

test('a pipe among the files of sshd is waited for by nobody', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-sshd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'sshd_config.d'));
  execFileSync('mkfifo', [join(folder, 'sshd_config.d/own.conf')]);
  const script = factsScript().replace(/^wait_for_boot \d.*$/m, `SSHD_FOLDER='${folder}'`);
  const told = execFileSync('sh', ['-c', script], { encoding: 'utf8', timeout: 60_000 });
  assert.match(told, /^passwords\t$/m);
  // What runs is told instead: what follows from it changes neither to and fro.
  const running = `PATH=${folder}:$PATH; systemctl() { echo 1; }; ss() { printf '%s\\n' 'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))' 'LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=1,fd=4))' 'LISTEN 0 128 127.0.0.1:6010 0.0.0.0:* users:(("sshd",pid=12,fd=9))' 'LISTEN 0 5 127.0.0.1:80 0.0.0.0:* users:(("nginx",pid=2,fd=4))'; }; sshd() { :; }; timeout() { :; }`;
  const broken = factsScript().replace(
    /^wait_for_boot \d.*$/m,
    `SSHD_FOLDER='${folder}'; ${running}`,
  );
  const said = execFileSync('sh', ['-c', broken], { encoding: 'utf8' });
  assert.match(said, /^sshd\t\[::\]:22 0\.0\.0\.0:22$/m);
});

test('of sshd’s RSA keys the shortest is a fact, and of its addresses all', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-sshd-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, bits] of Object.entries({ long: '3072', 'short one': '2048' }))
    execFileSync('ssh-keygen', ['-qt', 'rsa', '-b', bits, '-N', '', '-f', join(folder, name)]);
  execFileSync('ssh-keygen', ['-qt', 'ed25519', '-N', '', '-f', join(folder, 'other')]);
  writeFileSync(join(folder, 'broken.pub'), 'ssh-rsa AAAAbroken\n');
  const ask = (...said: string[]) => {
    const stub = `timeout() { printf '%s\\n' ${said.map((line) => `'${line}'`).join(' ')}; }`;
    const script = factsScript().replace(
      /^wait_for_boot \d.*$/m,
      `SSHD_FOLDER='${folder}'; ${stub}`,
    );
    const told = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
    return told.split('\n').filter((line) => /^(sshd|sftp|rsaHostKey)\t/.test(line));
  };
  const keys = ['broken', 'long', 'other', 'short one', 'none'].map(
    (name) => `hostkey ${join(folder, name)}`,
  );
  const said = [
    'listenaddress [::]:22',
    'listenaddress 0.0.0.0:22',
    'subsystem sftp /usr/lib/x -f',
  ];
  assert.deepEqual(ask(...said, ...keys), [
    'sshd\t[::]:22 0.0.0.0:22',
    'sftp\t/usr/lib/x',
    'rsaHostKey\t2048',
  ]);
  assert.deepEqual(ask('listenaddress [::]:2222', keys[2] ?? ''), ['sshd\t[::]:2222', 'sftp\t']);
});

test('a host that the kit does not support is refused with the reason', () => {
  const refused = (more: Record<string, string>, message: RegExp) =>
    assert.throws(() => parseFacts(lines(more).join('\n')), message);
  refused({ id: 'ubuntu', version: '24.04' }, /runs ubuntu 24.04; Keelson supports Debian 12/);
  refused({ version: '11' }, /runs debian 11; Keelson supports Debian 12/);
  refused({ systemd: '0' }, /does not run systemd as PID 1/);
});

test('what is no answer is named, with what most likely said it', () => {
  assert.throws(
    () => parseFacts(`hello${lines().join('\n')}`),
    /^Error: did not tell its id, but begins with "helloid.*; does a start-up file of the login, such as ~\/.bashrc, print or read something\?$/,
  );
});

test('the port and the address of a login are told, also past sudo, which keeps them to itself', () => {
  const print = (env: NodeJS.ProcessEnv, shell = 'sh') => {
    const printed = execFileSync('sh', ['-c', `${shell} -s; exit`], {
      input: factsScript().replace(/wait_for_boot [^\n]*/, ''),
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    });
    const { facts, memory } = parseFacts(printed.replace(/^(id|version|systemd)\t.*$/gm, known));
    return [facts.sshPort, memory.client];
  };
  const known = (line: string) =>
    ({ id: 'id\tdebian', version: 'version\t12' })[line.split('\t')[0] ?? ''] ?? 'systemd\t252';
  const way = { SSH_CONNECTION: '192.0.2.7 50022 198.51.100.1 2222' };
  assert.deepEqual(print(way), [2222, '192.0.2.7']);
  assert.deepEqual(print(way, 'env -i sh'), [2222, '192.0.2.7']);
  assert.deepEqual(print({ SSH_CONNECTION: 'fe80::1%eth0 1 fe80::2%eth0 22' }), [22, 'fe80::1']);
});
