/** What the host says of sshd, in the shell that runs there; `sshd -T` itself is asked in scenarios. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const says = (words: string) => `sshd_words() { printf '%s\\n' ${words}; }`;
const observe = (words: string, ...names: string[]) =>
  hostShell(
    `${says(words)}
observe_sshd "${names.map((name) => `sshd\t${name}\tvalue=no`).join('\n')}"`,
  );

test('a keyword is found in whatever spelling, with the value that holds', () => {
  const seen = observe(
    "'passwordauthentication yes' 'permitrootlogin without-password' 'hostkeyalgorithms a,b'",
    ...['PasswordAuthentication', 'PermitRootLogin', 'HostKeyAlgorithms'],
  );
  assert.deepEqual(seen.trimEnd().split('\n'), [
    'sshd\tPasswordAuthentication\tvalue=yes',
    'sshd\tPermitRootLogin\tvalue=prohibit-password',
    'sshd\tHostKeyAlgorithms\tvalue=a,b',
  ]);
});

test('a configuration that cannot be read is a difference, not a guess', () => {
  assert.equal(observe("''", 'X11Forwarding'), 'sshd\tX11Forwarding\tvalue=unreadable\n');
});

test('one that is being started anew is waited for', () => {
  const seen = hostShell(`root=$(mktemp -d) && trap 'rm -rf "$root"' EXIT
SSHD_DIRECTORY=$root/sshd
timeout() { ls -d "$SSHD_DIRECTORY" >/dev/null && echo 'x11forwarding no'; }
{ sleep 0.2 && mkdir "$root/sshd"; } &
observe_sshd "sshd\tX11Forwarding\tvalue=no"`);
  assert.equal(seen, 'sshd\tX11Forwarding\tvalue=no\n');
});

const apply = (words: string, ...names: string[]) =>
  hostShell(`${says(words)}
sshd_sayers() { printf '00-own.conf comes first'; }
say() { printf '%s %s\\n' "$1" "$2"; }
excused=''
apply_sshd "${names.map((name) => `sshd\t${name}\tvalue=no\n`).join('')}"
printf '%s' "$excused"`);

test('what another file says first is told, and holds up nothing', () => {
  assert.equal(
    apply("'x11forwarding yes'", 'X11Forwarding'),
    'warn sshd X11Forwarding is yes, not no: 00-own.conf comes first\ndrift\tsshd\tX11Forwarding\tvalue\tyes\tno\n',
  );
  assert.equal(apply("'x11forwarding no'", 'X11Forwarding'), '');
});

test('of several each is held against its own value', () => {
  assert.equal(
    apply(
      "'x11forwarding no' 'allowtcpforwarding local' 'permittunnel no'",
      ...['PermitTunnel', 'AllowTcpForwarding', 'X11Forwarding'],
    ),
    'warn sshd AllowTcpForwarding is local, not no: 00-own.conf comes first\ndrift\tsshd\tAllowTcpForwarding\tvalue\tlocal\tno\n',
  );
});
