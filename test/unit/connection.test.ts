import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { HostError, open, type Patience, type Session } from '../../components/ssh/connection.ts';
import { keyPair, type SshServer, sshServer } from '../harness/ssh-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-connection-'));
after(() => rmSync(directory, { recursive: true }));

const target = { name: 'web1', address: 'web1.example', port: 22, user: 'admin' };
const known = { ...target, hostKey: 'ssh-ed25519 A' };
// What ssh_config says on this machine has no part in these.
before(() => {
  process.env.HOME = directory;
});

test('without an agent and without a key file the remedy is named', async () => {
  const agent = process.env.SSH_AUTH_SOCK;
  delete process.env.SSH_AUTH_SOCK;
  try {
    await assert.rejects(open(known), /no SSH agent \(SSH_AUTH_SOCK is not set\); start one/);
  } finally {
    if (agent) process.env.SSH_AUTH_SOCK = agent;
  }
});

test('a private key that cannot be used is named', async () => {
  const path = join(directory, 'key');
  writeFileSync(path, 'not a key');
  const given = (privateKey: string) => ({ ...known, privateKey });
  await assert.rejects(
    open(given('/nowhere')),
    /privateKey \/nowhere cannot be used: there is no such file; name/,
  );
  await assert.rejects(
    open(given(path)),
    /privateKey .*key cannot be used: it is no private key that OpenSSH knows; name/,
  );
});

test('a host that does not answer is named with its address and the cause', async () => {
  const path = join(directory, 'login');
  writeFileSync(path, keyPair().private);
  const closed = {
    ...known,
    address: '127.0.0.1',
    port: 1,
    privateKey: path,
  };
  await assert.rejects(
    open(closed, { again: [] }),
    /server web1 \(admin@127.0.0.1:1\): cannot be reached: .*ECONNREFUSED.*; check address, port and firewall/,
  );
});

test('a host that hangs up at first, as under a limit, is tried again with growing pauses', async (t) => {
  const { target, again, server } = await limited(t, 2);
  const said: string[] = [];
  const opened = await open(target, { again }, (line) => said.push(line));
  t.after(() => opened.close());
  assert.equal(await opened.script('echo me'), 'me\n');
  assert.equal(server.connections.total, 3);
  const where = `server web1 (root@127.0.0.1:${server.port}): `;
  assert.deepEqual(said, [
    `${where}refuses to be connected to, as where the rate of SSH connections is limited; trying again in 0.01 s`,
    `${where}refuses to be connected to, as where the rate of SSH connections is limited; trying again in 0.02 s`,
  ]);
});

test('a host that goes on to hang up is given up, and what it may be is said', async (t) => {
  const { target, again, server } = await limited(t, 9);
  await assert.rejects(
    open(target, { again }),
    ({ message }: Error) =>
      message ===
      `server web1 (root@127.0.0.1:${server.port}): cannot be reached: it hangs up at once; check address, port and firewall. Where the rate of SSH connections is limited (ufw’s limit, fail2ban, or MaxStartups and PerSourcePenalties of sshd), wait some minutes and run it again: it goes on where it ended`,
  );
  assert.equal(server.connections.total, 3);
});

test('a login that is refused is not tried again', async (t) => {
  const { target, again, server } = await limited(t, 0);
  const other = join(directory, 'other');
  writeFileSync(other, keyPair().private);
  await assert.rejects(
    open({ ...target, privateKey: other }, { again }),
    /: it refused privateKey .*other \(SHA256:\S+\); is its public key in ~root\/.ssh\/authorized_keys\?$/,
  );
  assert.equal(server.connections.total, 1);
});

test('a machine that boots is tried again until it answers, and said of once', async (t) => {
  const { target, server } = await limited(t, 1);
  const said: string[] = [];
  const opened = await open(target, { boot: 20_000 }, (line) => said.push(line));
  t.after(() => opened.close());
  assert.equal(server.connections.total, 2);
  const where = `server web1 (root@127.0.0.1:${server.port}): `;
  assert.deepEqual(said, [`${where}boots, and is waited for, up to 20 s`]);
});

test('one that does not boot in time is given up, with that time; a wrong login at once', async (t) => {
  const { target, server } = await limited(t, 9);
  await assert.rejects(open(target, { boot: 1 }), /; it was given 0\.001 s to boot$/);
  await server.close();
  const { target: booted, server: other } = await limited(t, 0);
  const privateKey = join(directory, 'strange');
  writeFileSync(privateKey, keyPair().private);
  await assert.rejects(
    open({ ...booted, privateKey }, { boot: 20_000 }),
    /: it refused privateKey/,
  );
  assert.equal(other.connections.total, 1);
});

/** A server of this process that cuts its first connections. */
async function limited(t: TestContext, refuse: number) {
  const { server, target } = await reachable(t, 'root', refuse);
  return { server, target, again: [10, 20] };
}

/** A server of this process, and what to give to reach it. */
async function reachable(t: TestContext, user = 'root', refuse = 0) {
  const [login, host] = [keyPair(), keyPair()];
  const privateKey = join(directory, `login-${login.public.slice(-12).replaceAll('/', '-')}`);
  writeFileSync(privateKey, login.private);
  const server = await sshServer({ hostKeys: [host.private], publicKey: login.public, refuse });
  t.after(() => server.close());
  return {
    server,
    target: {
      ...{ name: 'web1', address: '127.0.0.1', port: server.port, user, privateKey },
      hostKey: host.public.split(' ').slice(0, 2).join(' '),
    },
  };
}

async function session(
  t: TestContext,
  waits?: Partial<Patience>,
): Promise<{ session: Session; server: SshServer }> {
  const { server, target } = await reachable(t);
  const opened = await open(target, waits);
  t.after(() => opened.close());
  return { session: opened, server };
}

test('a host that shows another key than the known one is sent nothing', async (t) => {
  const { server, target } = await reachable(t);
  const other = keyPair().public.split(' ').slice(0, 2).join(' ');
  await assert.rejects(
    open({ ...target, hostKey: other }),
    /its host key is not the one that is known; nothing was sent. When .* into hostKey; else/,
  );
  assert.deepEqual(server.commands, []);
});

test('two scripts go through one shell, and neither finds anything of the other', async (t) => {
  const { session: opened, server } = await session(t);
  assert.equal(await opened.script('a=1; cd /; printf one; exit 0'), 'one');
  assert.equal(await opened.script('echo "[$a] $(pwd | grep -c ^/$)"; cat'), '[] 0\n');
  assert.deepEqual(
    server.commands.map(({ command }) => command),
    ['sh'],
  );
});

test('what a script prints is given to the letter, and never taken for its end', async (t) => {
  const { session: opened } = await session(t);
  const text = '\nkeelson-0 0\n\n|x\n';
  assert.equal(await opened.script(`cat <<'END'\n${text}END`), text);
  assert.equal(await opened.script('printf %s ü'), 'ü');
  assert.equal((await opened.script('yes | head -c 3000000')).length, 3_000_000);
});

test('a script that fails is told with its exit code and its own words', async (t) => {
  const { session: opened } = await session(t);
  await assert.rejects(opened.script('echo here; echo no such thing >&2; exit 3'), (error) => {
    assert.ok(error instanceof HostError);
    assert.match(
      error.message,
      /^server web1 \(root@127.0.0.1:\d+\): looking at it failed with exit code 3: no such thing$/,
    );
    return true;
  });
});

test('a script that the shell cannot read is told too', async (t) => {
  const { session: opened } = await session(t);
  await assert.rejects(opened.script('if'), /failed with exit code 2: .*[Ss]yntax error/);
});

/** Runs with a `sudo` of its own in front of all others. */
async function withSudo<T>(script: string, work: () => Promise<T>): Promise<T> {
  writeFileSync(join(directory, 'sudo'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'sudo'), 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${directory}:${path}`;
  try {
    return await work();
  } finally {
    process.env.PATH = path;
  }
}

test('a user who is not root looks through sudo, whatever the login prints first', async (t) => {
  const { server, target } = await reachable(t, 'admin');
  await withSudo('echo Welcome; shift; exec "$@"', async () => {
    const opened = await open(target);
    t.after(() => opened.close());
    assert.equal(await opened.script('echo me'), 'me\n');
    assert.equal(server.commands[0]?.command, 'sudo -n sh');
  });
});

test('sudo that asks for a password, or is not there, is told with the remedy', async (t) => {
  const { target } = await reachable(t, 'admin');
  const looked = async () => (await open(target)).script('echo me');
  await withSudo('echo "sudo: a password is required" >&2; exit 1', () =>
    assert.rejects(looked(), /: admin may not use sudo without a password; add "admin ALL=/),
  );
  await withSudo('echo "sh: 1: sudo: not found" >&2; exit 127', () =>
    assert.rejects(looked(), /: there is no sudo for admin; install it, or log in as root$/),
  );
});

test('a script that takes too long is given up, and so is the connection', async (t) => {
  const { session: opened } = await session(t, { script: 1500 });
  await assert.rejects(
    opened.script('sleep 5'),
    /: the connection was lost while it was looked at: no answer in 1.5 s$/,
  );
  await assert.rejects(opened.script('echo me'), /closed by the other side/);
});

test('a connection that is cut is told, also to what is asked later', async (t) => {
  const { session: opened, server } = await session(t);
  const looked = assert.rejects(opened.script('sleep 5'), /lost while it was looked at: closed by/);
  setTimeout(() => server.close(), 200);
  await looked;
  await assert.rejects(opened.script('echo me'), /lost while it was looked at/);
});

test('a host that falls silent is given up', async (t) => {
  const { server, target } = await reachable(t);
  const ends: Socket[] = [];
  const wire = createServer((inner) => {
    const outer = connect(server.port, '127.0.0.1');
    ends.push(inner, outer);
    for (const end of [inner, outer]) end.on('error', () => {});
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>((listening) => wire.listen(0, '127.0.0.1', listening));
  const { port } = wire.address() as AddressInfo;
  const opened = await open({ ...target, port }, { alive: 50 });
  assert.equal(await opened.script('echo me'), 'me\n');
  // Nothing is refused or closed: as where a cable was pulled.
  for (const end of ends) end.unpipe().pause();
  await assert.rejects(opened.script('echo me'), /lost while it was looked at: Keepalive timeout/);
  for (const end of ends) end.destroy();
  wire.close();
});
