/** Whose own way in sshd would no longer have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sshdSetting } from '../../components/host/kinds.ts';
import { refuseShutOut } from '../../components/host/shut-out.ts';
import { refuseCutWay } from '../../components/pulumi/jumps.ts';
import type { Reached } from '../../components/ssh/connection.ts';

const reached = (more: Partial<Reached> = {}): Reached => ({
  target: { name: 'web1', address: 'web1.example.com', port: 22, user: 'admin' },
  login: { agent: '/agent', isUsual: true, identities: [] },
  hostKey: 'ssh-ed25519 A',
  known: ['ssh-ed25519 A'],
  refusals: 0,
  jump: undefined,
  ...more,
});

const manifest = (...items: ReturnType<typeof sshdSetting>[]) => ({
  name: 'access',
  after: [],
  items,
});
const modern = sshdSetting('HostKeyAlgorithms', 'ssh-ed25519,rsa-sha2-512,rsa-sha2-256');
const tries = sshdSetting('MaxAuthTries', '4');

const refuse = (more: Partial<Reached>, ...items: ReturnType<typeof sshdSetting>[]) =>
  refuseShutOut(reached(more), [manifest(...items)]);

test('a host that is known by its ECDSA key alone would not be known any more', () => {
  assert.throws(() => refuse({ known: ['ecdsa-sha2-nistp256 B'] }, modern), {
    message:
      'server web1 (admin@web1.example.com:22): it is known here by a host key alone that sshd would show no more (ecdsa-sha2-nistp256); compare `ssh-keyscan -t ed25519 web1.example.com` with what the host shows on its console, then add it to known_hosts or set hostKey; where it has none: ssh-keygen -A on the host. Or sshd: false for this server',
  });
  refuse({ known: ['ecdsa-sha2-nistp256 B', 'ssh-ed25519 A'] }, modern);
  refuse({ known: ['ssh-rsa C'] }, modern);
  assert.throws(
    () => refuse({ known: ['ssh-rsa C'] }, sshdSetting('HostKeyAlgorithms', 'ssh-ed25519')),
    /\(ssh-rsa\)/,
  );
  refuse({ known: ['ecdsa-sha2-nistp256 B'] });
});

test('a key whose turn comes after as many others as sshd is to bear would not be asked for', () => {
  assert.throws(() => refuse({ refusals: 4 }, tries), {
    message:
      'server web1 (admin@web1.example.com:22): it took a key after 4 others of the agent, and sshd would hang up at 4 (MaxAuthTries); name the right one as privateKey, or take some out of the agent (ssh-add -d). Or sshd: false for this server',
  });
  refuse({ refusals: 3 }, tries);
  refuse({ refusals: 5 });
});

test('a host that nobody has looked at is not refused', () => {
  refuseShutOut(undefined, [manifest(modern, tries)]);
});

const seen = (...items: ReturnType<typeof sshdSetting>[]) => ({
  seen: [
    {
      ...{ manifest: manifest(...items), due: true },
      ...{ header: { run: 'r1', lines: [] }, rows: [], lines: [] },
    },
  ],
});

const gate = reached();
const behind = (name: string, jump: Partial<Reached>, user = 'admin') =>
  reached({
    target: { name, address: name, port: 22, user: 'admin' },
    hostKey: 'ssh-ed25519 Z',
    // Under another address, as seen from elsewhere.
    jump: reached({
      target: { name: `${name}, jump host`, address: '10.0.0.1', port: 22, user },
      ...jump,
    }),
  });

test('a host through which others are reached goes on forwarding', () => {
  const all = [gate, behind('web2', {}), behind('web3', { hostKey: 'ssh-ed25519 B' })];
  const forwarding = (value: string) => seen(sshdSetting('AllowTcpForwarding', value));
  assert.throws(() => refuseCutWay(forwarding('no'), gate, all), {
    message:
      'server web1 (admin@web1.example.com:22): web2 is reached through it (ProxyJump), and sshd would forward nothing any more; set sshd: { forwarding: local } for this server',
  });
  refuseCutWay(forwarding('local'), gate, all);
  refuseCutWay(forwarding('no'), gate, [gate]);
  refuseCutWay(forwarding('no'), undefined, all);
});

test('it goes on letting in who goes through it, who may be another than who looks at it', () => {
  const root = (value: string) => seen(sshdSetting('PermitRootLogin', value));
  const asRoot = [gate, behind('web2', {}, 'root'), behind('web3', {})];
  assert.throws(() => refuseCutWay(root('no'), gate, asRoot), {
    message:
      'server web1 (admin@web1.example.com:22): web2 is reached through it as root (ProxyJump), and sshd would let root in no more; name another user for it in ssh_config, or set sshd: { rootLogin: true } for this server',
  });
  refuseCutWay(root('prohibit-password'), gate, asRoot);
  refuseCutWay(root('no'), gate, [behind('web3', {})]);
  assert.throws(
    () => refuseCutWay(seen(tries), gate, [behind('web2', { refusals: 4 })]),
    /^HostError: server web2, jump host \(admin@10\.0\.0\.1:22\): it took a key after 4 others/,
  );
});
