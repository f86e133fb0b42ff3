import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { filter } from '../../../components/server/filter.ts';
import { firewall } from '../../../components/server/firewall.ts';
import { find, items, lines, textOf, trixie, web1 } from '../shop.ts';

const path = '/etc/keelson/filter.d/firewall.nft';

const wanted = (given: object | false = {}, facts: object = {}) =>
  items(firewall.render?.(web1({ firewall: given }), { facts: { ...trixie, ...facts } }));

/** The rules of what is let in by port, for these settings. */
const open = (given: object, facts: object = {}): string[] =>
  lines(textOf(wanted(given, facts), path))
    .filter((line) => / dport .* (?:accept|jump ssh)$/.test(line))
    .filter((line) => !/dport (?:68|546|5353) /.test(line));

test('sshd, http and https are open, and nothing else', () => {
  assert.deepEqual(open({}), [
    'tcp dport { 22 } jump ssh',
    'tcp dport 80 accept',
    'tcp dport 443 accept',
  ]);
  assert.deepEqual(lines(textOf(wanted(), path)).slice(-5), [
    'meta l4proto tcp reject with tcp reset',
    'meta l4proto udp reject',
    'drop',
    '}',
    '}',
  ]);
});

test('it can shut us out, and so is in the manifest that is confirmed; without it there is nothing', () => {
  const { access } = firewall.render?.(web1(), { facts: trixie }) ?? {};
  assert.deepEqual(access, wanted());
  assert.deepEqual(wanted(false), []);
});

test('ports are opened to all or to networks, and closed', () => {
  const from = ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'];
  const rules = [
    { port: 5432, from },
    { port: '60000-61000', protocol: 'udp' },
  ];
  assert.deepEqual(open({ open: rules, close: [443] }).slice(1), [
    'tcp dport 80 accept',
    'ip saddr 10.0.0.0/8 tcp dport 5432 accept',
    'ip6 saddr 2001:db8::/32 tcp dport 5432 accept',
    'ip saddr 192.0.2.7 tcp dport 5432 accept',
    'udp dport 60000-61000 accept',
  ]);
});

test('interfaces are let in altogether, also all whose names begin so', () => {
  const trusted = lines(textOf(wanted({ trust: ['wg0', 'br-*'] }), path));
  assert.ok(trusted.includes('iifname { "wg0", "br-*" } accept'));
});

test('sshd’s ports are those that it says and that at which the run came in', () => {
  const sshd = '[::]:22 0.0.0.0:22 192.0.2.1:2200';
  assert.equal(open({}, { sshd, sshPort: 2222 })[0], 'tcp dport { 22, 2200, 2222 } jump ssh');
  assert.equal(open({}, { sshd: '', sshPort: 2222 })[0], 'tcp dport { 2222 } jump ssh');
  assert.equal(open({}, { sshd: '' })[0], 'tcp dport { 22 } jump ssh');
});

test('each source may begin so many connections to sshd in a minute, and three times as many at once', () => {
  assert.deepEqual(
    lines(textOf(wanted({ ssh: { rate: 10 } }), path)).filter((line) => line.includes('limit')),
    [
      'tcp dport { 22 } update @ssh4 { ip saddr limit rate over 10/minute burst 30 packets } drop',
      'tcp dport { 22 } update @ssh6 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 10/minute burst 30 packets } drop',
    ],
  );
});

test('who runs it is not shut out', () => {
  const from = ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'];
  for (const client of ['10.20.30.40', '2001:db8::7', '192.0.2.7', undefined])
    assert.equal(open({ ssh: { from } }, { client }).length, 5);
  assert.throws(() => wanted({ ssh: { from } }, { client: '192.0.2.8' }), {
    message:
      'firewall.ssh.from: leaves out 192.0.2.8, from where this run logs in; name it, or a network that it is in',
  });
  assert.throws(() => wanted({ close: [2222] }, { sshPort: 2222 }), {
    message: 'firewall.close: 2222 is where sshd is reached; take it out there',
  });
});

test('of what is let in nothing is said; of what is shut, or let in for some, only where it is open all the same', () => {
  const open = [
    { port: '6000-6010', protocol: 'udp' },
    { port: 8080, from: ['192.0.2.1'] },
  ];
  const { instructions } = find(wanted({ open, close: [443] }), ...(['file', path] as const));
  assert.equal(
    instructions?.['@settled'],
    'tcp:22 tcp:80 udp:6000-6010 tcp:8080:limited tcp:443:limited udp:443:limited udp:68 udp:546 udp:5353 tcp:5355 udp:5355',
  );
});

test('nft takes the rules, in a network of their own', (t) => {
  const all = wanted({
    open: [
      { port: 5432, from: ['10.0.0.5/8', '0.0.0.0/0', '::/0'] },
      { port: '60000-61000', protocol: 'udp' },
    ],
    trust: ['wg0', 'br-*'],
    ssh: { from: ['0.0.0.0/0'] },
  });
  const table = textOf(
    items(filter.render?.({}, { facts: trixie })),
    '/etc/keelson/filter.d/table.nft',
  );
  const input = `${table}${textOf(all, path)}`;
  try {
    execFileSync('unshare', ['-rn', 'nft', '-c', '-f', '-'], { input, stdio: 'pipe' });
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error);
    if (/unshare|ENOENT/.test(said)) return t.skip('no network of its own can be made here');
    assert.fail(said);
  }
});
