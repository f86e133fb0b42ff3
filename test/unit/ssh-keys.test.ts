/** Private keys and agents, as files and programs of others have them. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import ssh2 from 'ssh2';
import { readKey } from '../../components/ssh/keys.ts';
import { type Login, logins, refusedLogin } from '../../components/ssh/login.ts';
import { keyPair } from '../harness/ssh-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'keelson-keys-'));
after(() => rmSync(directory, { recursive: true }));
const target = { name: 'web1', address: 'web1.example', port: 22, user: 'admin' };
const where = 'server web1 (admin@web1.example:22): ';
let made = 0;

function written(text: string, name = `key-${++made}`): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const read = (text: string): string => readKey(target, written(text)).text;

test('the same key is the same text, whatever is around it in its file', () => {
  for (const type of ['ed25519', 'ecdsa'] as const) {
    const { private: text } = keyPair(type);
    const other = `\n\n${text.trimEnd().replaceAll('\n', '\r\n')}\n\n\n`;
    assert.equal(read(other), read(text));
    assert.equal(read(read(text)), read(text));
  }
});

test('a key means the same before and after, and ssh2 reads it', () => {
  for (const type of ['ed25519', 'ecdsa'] as const) {
    const pair = keyPair(type);
    const own = ssh2.utils.parseKey(pair.public) as ssh2.ParsedKey;
    const parsed = ssh2.utils.parseKey(read(pair.private)) as ssh2.ParsedKey;
    assert.ok(parsed.getPublicSSH().equals(own.getPublicSSH()));
    assert.ok(own.verify(Buffer.from('x'), parsed.sign('x') as Buffer));
  }
});

test('forms that one of the two connections does not read become one that both do', () => {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  assert.match(read(pem.toString()), /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  assert.match(
    read(rsa.export({ type: 'pkcs8', format: 'pem' }).toString()),
    /^-----BEGIN RSA PRIVATE KEY-----\n/,
  );
});

test('what is no key that can be used is told by what it is', () => {
  const { private: text, public: line } = keyPair();
  const path = written(text, 'id');
  const told = (file: string) => {
    try {
      return readKey(target, file).text;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const instead = 'name an unencrypted private key, or leave it out and use the SSH agent';
  assert.equal(
    told(written(line, 'id.pub')),
    `${where}privateKey ${path}.pub cannot be used: it is a public key; name the private one beside it, ${path}`,
  );
  const locked = written(keyPair('ed25519', 'secret').private);
  assert.equal(
    told(locked),
    `${where}privateKey ${locked} cannot be used: it is encrypted; put it into the agent (ssh-add ${locked}) and leave it out`,
  );
  assert.equal(
    told(directory),
    `${where}privateKey ${directory} cannot be used: it is a directory; ${instead}`,
  );
  const empty = written('');
  assert.equal(
    told(empty),
    `${where}privateKey ${empty} cannot be used: it is no private key that OpenSSH knows; ${instead}`,
  );
  const pem = generateKeyPairSync('ed448').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const strange = written(pem.toString());
  assert.equal(
    told(strange),
    `${where}privateKey ${strange} cannot be used: it is of a kind that the command plugin does not know (ed448); ${instead}`,
  );
});

const string = (value: string | Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value as string)]);
};

/** An agent that holds these public keys, and signs nothing. */
async function agent(t: TestContext, keys: readonly Buffer[]): Promise<string> {
  const path = join(directory, `agent-${++made}`);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(keys.length);
  const listed = keys.flatMap((key) => [string(key), string('me')]);
  const answer = string(Buffer.concat([Buffer.from([12]), count, ...listed]));
  const server: Server = createServer((socket) => socket.on('data', () => socket.end(answer)));
  await new Promise<void>((done) => server.listen(path, done));
  t.after(() => server.close());
  return path;
}

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

/** Runs with another SSH_AUTH_SOCK. */
async function withAgent<T>(path: string | undefined, work: () => Promise<T>): Promise<T> {
  const usual = process.env.SSH_AUTH_SOCK;
  if (path === undefined) delete process.env.SSH_AUTH_SOCK;
  else process.env.SSH_AUTH_SOCK = path;
  try {
    return await work();
  } finally {
    if (usual === undefined) delete process.env.SSH_AUTH_SOCK;
    else process.env.SSH_AUTH_SOCK = usual;
  }
}

const named = (ways: readonly Login[]) =>
  ways.map((it) => ('key' in it ? `${it.setting} ${it.key.path}` : `agent ${it.agent}`));

test('an agent that is not there, or holds nothing of use, is told as such', async (t) => {
  const refusal = (path: string | undefined, more = {}) =>
    withAgent(path, () =>
      logins({ ...target, ...more }).then(
        (ways) => named(ways).join(),
        ({ message }: Error) => message,
      ),
    );
  assert.equal(
    await refusal(undefined),
    `${where}no SSH agent (SSH_AUTH_SOCK is not set); start one with \`eval $(ssh-agent)\` and \`ssh-add\`, or set privateKey`,
  );
  const gone = join(directory, 'gone');
  assert.equal(
    await refusal(gone),
    `${where}the SSH agent (${gone}) cannot be asked: there is no such socket; start one with \`eval $(ssh-agent)\` and \`ssh-add\``,
  );
  // The plugin opens the agent that is named, whatever it logs in with.
  assert.equal(
    await refusal(gone, { privateKey: written(keyPair().private) }),
    `${where}the SSH agent (${gone}) cannot be asked: there is no such socket; the command plugin asks for it also where a key file is used: unset SSH_AUTH_SOCK, or start one`,
  );
  const empty = await agent(t, []);
  assert.equal(
    await refusal(empty),
    `${where}the SSH agent (${empty}) holds no key; put one in with \`ssh-add\``,
  );
  const strange = await agent(t, [
    string('sk-ssh-ed25519@openssh.com'),
    string('ssh-ed25519-cert-v01@openssh.com'),
  ]);
  assert.equal(
    await refusal(strange),
    `${where}the SSH agent (${strange}) holds only keys of kinds that cannot be used here (sk-ssh-ed25519@openssh.com, ssh-ed25519-cert-v01@openssh.com); put in a key of the kind ed25519, ecdsa or rsa`,
  );
});

test('keys are tried as ssh tries them: those of the agent, then IdentityFile', async (t) => {
  const [own, other] = [keyPair(), keyPair()];
  const file = written(own.private);
  const key = `IdentityFile ${file}`;
  const ways = async (socket: string | undefined, more = {}) =>
    await withAgent(socket, async () =>
      named(await logins({ ...target, identities: ['/nowhere', file], ...more })),
    );
  const strangers = await agent(t, [blobOf(other.public)]);
  assert.deepEqual(await ways(undefined), [key]);
  assert.deepEqual(await ways(strangers), [`agent ${strangers}`, key]);
  assert.deepEqual(await ways(strangers, { identitiesOnly: true }), [key]);
  assert.deepEqual(await ways(strangers, { identityAgent: 'none' }), [key]);
  const holds = await agent(t, [blobOf(other.public), blobOf(own.public)]);
  assert.deepEqual(
    await ways(holds),
    [`agent ${holds}`],
    'what the agent has stays out of the state',
  );
  assert.deepEqual(await ways(undefined, { identityAgent: holds }), [`agent ${holds}`]);
  // sshd would hang up before its turn comes.
  const many = await agent(
    t,
    Array.from({ length: 6 }, () => blobOf(keyPair().public)),
  );
  assert.deepEqual(await ways(many), [key]);
});

test('a login that is refused is told by what was tried', async (t) => {
  const { private: text } = keyPair();
  const path = written(text);
  const [login] = await withAgent(undefined, () => logins({ ...target, privateKey: path }));
  assert.match(
    refusedLogin(target, login),
    /^it refused privateKey .*key-\d+ \(SHA256:[A-Za-z0-9+/]{43}\); is its public key in ~admin\/\.ssh\/authorized_keys\?$/,
  );
  written('', `${path.split('/').at(-1)}-cert.pub`);
  assert.match(refusedLogin(target, login), /\(its certificate .*-cert\.pub cannot be used here\)/);
  const socket = await agent(t, [
    blobOf(keyPair().public),
    string('ssh-ed25519-cert-v01@openssh.com'),
  ]);
  const [held] = await withAgent(socket, () => logins(target));
  assert.equal(
    refusedLogin(target, held),
    'it refused the key of the SSH agent; is the public key in ~admin/.ssh/authorized_keys, and the private one in the agent (ssh-add -l)?; certificates of users, of which the agent holds some, cannot be used here',
  );
});
