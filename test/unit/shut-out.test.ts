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

const seen = (value: string) => ({
  seen: [
    {
      ...{ manifest: manifest(sshdSetting('AllowTcpForwarding', value)), due: true },
      ...{ header: { run: 'r1', lines: [] }, rows: [], lines: [] },
    },
  ],
});

test('a host through which others are reached goes on forwarding', () => {
  const gate = reached();
  const behind = (name: string, hostKey: string) =>
    reached({
      target: { name, address: name, port: 22, user: 'admin' },
      hostKey: 'ssh-ed25519 Z',
      // Under another address, as seen from elsewhere.
      jump: reached({ hostKey, target: { ...gate.target, address: '10.0.0.1' } }),
    });
  const all = [gate, behind('web2', 'ssh-ed25519 A'), behind('web3', 'ssh-ed25519 B')];
  assert.throws(() => refuseCutWay(seen('no'), gate, all), {
    message:
      'server web1 (admin@web1.example.com:22): web2 is reached through it (ProxyJump), and sshd would forward nothing any more; set sshd: { forwarding: local } for this server',
  });
  refuseCutWay(seen('local'), gate, all);
  refuseCutWay(seen('no'), gate, [gate]);
  refuseCutWay(seen('no'), undefined, all);
});
