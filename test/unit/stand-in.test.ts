/** The stand-in for the command plugin, held to what the official one does: over its protocol, against an SSH server. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { credentials, Server, ServerCredentials, type ServiceError } from '@grpc/grpc-js';
import {
  ResourceProviderClient,
  ResourceProviderService,
} from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import type * as protocol from '@pulumi/pulumi/proto/provider_pb.js';
import provider from '@pulumi/pulumi/proto/provider_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import struct from 'google-protobuf/google/protobuf/struct_pb.js';
import ssh2, { type ParsedKey } from 'ssh2';
import { differences } from '../../tools/stand-in/diff.ts';
import { check } from '../../tools/stand-in/inputs.ts';
import {
  isSecret,
  type Properties,
  plain,
  secret,
  unknown,
} from '../../tools/stand-in/property.ts';
import { service } from '../../tools/stand-in/provider.ts';
import { keyPair, type SshServer, sshServer } from '../harness/ssh-server.ts';

const login = keyPair();
const hostKey = keyPair();
const shown: string[] = [];
const directory = mkdtempSync(join(tmpdir(), 'keelson-plugin-'));
let plugin: ResourceProviderClient;
let server: Server;
let ssh: SshServer;

before(async () => {
  // The agent of whoever runs the tests has no part in them.
  delete process.env.SSH_AUTH_SOCK;
  const say = (message: string) => void shown.push(message);
  const { implementation } = service({
    logFor: () => ({ status: say, warning: say }),
    settled: async () => {},
  });
  server = new Server();
  server.addService(ResourceProviderService, implementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  plugin = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  ssh = await sshServer({ hostKeys: [hostKey.private], publicKey: login.public });
});

after(async () => {
  plugin.close();
  server.forceShutdown();
  await ssh.close();
  rmSync(directory, { recursive: true });
});

const connection = (more: Properties = {}): Properties => ({
  host: '127.0.0.1',
  port: ssh.port,
  user: 'root',
  privateKey: secret(login.private),
  hostKey: hostKey.public,
  dialErrorLimit: 0,
  perDialTimeout: 5,
  ...more,
});

const remoteCommand = 'command:remote:Command';
const urn = (type: string) => `urn:pulumi:stack::project::keelson:host:Server$${type}::first`;
const toStruct = (properties: Properties) => struct.Struct.fromJavaScript(properties);
const fromStruct = (given?: struct.Struct) => (given?.toJavaScript() ?? {}) as Properties;

const promised = <Response>(
  call: (done: (error: ServiceError | null, response: Response) => void) => void,
): Promise<Response> =>
  new Promise((resolve, reject) =>
    call((error, response) => (error ? reject(new Error(error.details)) : resolve(response))),
  );

async function create(inputs: Properties, type = remoteCommand, preview = false) {
  const request = new provider.CreateRequest()
    .setUrn(urn(type))
    .setProperties(toStruct(inputs))
    .setPreview(preview);
  const response = await promised<protocol.CreateResponse>((done) => plugin.create(request, done));
  return { id: response.getId(), outputs: fromStruct(response.getProperties()) };
}

async function update(olds: Properties, news: Properties, type = remoteCommand, preview = false) {
  const request = new provider.UpdateRequest()
    .setUrn(urn(type))
    .setOlds(toStruct(olds))
    .setNews(toStruct(news))
    .setPreview(preview);
  const response = await promised<protocol.UpdateResponse>((done) => plugin.update(request, done));
  return fromStruct(response.getProperties());
}

const remove = (state: Properties, type = remoteCommand) =>
  promised<empty.Empty>((done) =>
    plugin.delete(
      new provider.DeleteRequest().setUrn(urn(type)).setProperties(toStruct(state)),
      done,
    ),
  );

describe('a remote command', () => {
  test('takes its input, and gives both streams without one newline at the end', async () => {
    const { id, outputs } = await create({
      connection: secret(connection()),
      create: 'cat; echo done; echo oops >&2',
      stdin: secret('first\n'),
    });
    assert.match(id, /^first[0-9a-f]{8}$/);
    assert.equal(outputs.stdout, 'first\ndone');
    assert.equal(outputs.stderr, 'oops');
    assert.ok(isSecret(outputs.connection), 'the connection stays a secret');
    assert.ok(isSecret(outputs.stdin), 'a secret input stays a secret');
  });

  test('closes its connection', async () => {
    await create({ connection: connection(), create: 'true' });
    for (let turn = 0; ssh.connections.open > 0 && turn < 100; turn++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(ssh.connections.open, 0);
  });

  test('runs nothing without create, nor in a preview, where its outputs are unknown', async () => {
    const before = ssh.connections.total;
    assert.equal((await create({ connection: connection() })).outputs.stdout, '');
    const inputs = { connection: unknown, create: 'echo x' };
    const { id, outputs } = await create(inputs, remoteCommand, true);
    assert.deepEqual({ id, ...outputs }, { id: '', ...inputs, stdout: unknown, stderr: unknown });
    const changed = await update(outputs, { ...inputs, create: 'echo y' }, remoteCommand, true);
    assert.equal(changed.stdout, unknown);
    assert.equal(ssh.connections.total, before);
  });

  test('runs create again on an update without a command of its own, else that', async () => {
    const inputs = { connection: connection(), create: 'echo made' };
    const { outputs } = await create(inputs);
    assert.equal((await update(outputs, { ...inputs, create: 'echo again' })).stdout, 'again');
    const own = { ...inputs, update: 'echo changed' };
    assert.equal((await update(outputs, own)).stdout, 'changed');
    const none = await update(outputs, { connection: connection(), delete: 'true' });
    assert.equal(none.stdout, 'made', 'with neither it keeps what the last command wrote');
  });

  test('gives the previous output to update and delete, unless told not to', async () => {
    const show = `printf '%s' "$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR"`;
    const state = { connection: connection(), stdout: 'out', stderr: 'err' };
    assert.equal(
      (await update(state, { connection: connection(), create: show })).stdout,
      'out/err',
    );
    const silent = { connection: connection(), create: show, addPreviousOutputInEnv: false };
    assert.equal((await update(state, silent)).stdout, '/');
    await remove({ ...state, delete: 'true' });
    assert.equal(ssh.commands.at(-1)?.environment.PULUMI_COMMAND_STDOUT, 'out');
  });

  test('passes its environment on', async () => {
    const inputs = { connection: connection(), create: 'echo $A', environment: { A: secret('b') } };
    assert.equal((await create(inputs)).outputs.stdout, 'b');
  });

  test('runs delete with the connection and the input in the state, or nothing', async () => {
    const file = join(directory, 'deleted');
    const before = ssh.connections.total;
    await remove({ connection: connection() });
    assert.equal(ssh.connections.total, before);
    await remove({ connection: secret(connection()), stdin: 'bye', delete: `cat > ${file}` });
    assert.equal(readFileSync(file, 'utf8'), 'bye');
  });

  test('fails with exit code, command and all output', async () => {
    await assert.rejects(
      create({ connection: connection(), create: 'echo "out"; sleep 0.05; echo err >&2; exit 3' }),
      {
        message:
          'Process exited with status 3: running "echo \\"out\\"; sleep 0.05; echo err >&2; exit 3":\nout\nerr\n',
      },
    );
    await assert.rejects(create({ connection: connection(), create: 'kill -TERM $$' }), {
      message: 'Process exited with status 143 from signal TERM: running "kill -TERM $$":\n',
    });
  });

  test('does not mind a command that leaves its input unread', async () => {
    const inputs = { connection: connection(), create: 'true', stdin: 'x'.repeat(3_000_000) };
    assert.equal((await create(inputs)).outputs.stdout, '');
  });

  test('shows the lines that logging asks for, also very long ones', async () => {
    const line = 'x'.repeat(100_000);
    for (const [logging, expected] of [
      ['stdout', [line]],
      ['stderr', ['b']],
      ['none', []],
      ['stdoutAndStderr', [line, 'b']],
    ] as const) {
      shown.length = 0;
      const command = `head -c 100000 /dev/zero | tr '\\0' x; echo; sleep 0.05; printf b >&2`;
      await create({ connection: connection(), create: command, logging });
      assert.deepEqual(shown, expected, logging);
    }
  });
});

describe('a connection', () => {
  test('is refused when the host shows another key, before anything is sent', async () => {
    const before = ssh.commands.length;
    await assert.rejects(
      create({ connection: connection({ hostKey: keyPair().public }), create: 'true' }),
      { message: 'after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch' },
    );
    assert.equal(ssh.commands.length, before);
  });

  test('asks for the kind of the key that it was given, where the host has several', async () => {
    const other = keyPair('ecdsa');
    const both = await sshServer({
      hostKeys: [hostKey.private, other.private],
      publicKey: login.public,
    });
    for (const key of [hostKey, other])
      await create({
        connection: connection({ port: both.port, hostKey: key.public }),
        create: 'true',
      });
    assert.equal(both.commands.length, 2);
    await both.close();
  });

  test('logs in with a key that has a passphrase', async () => {
    const { private: privateKey, public: publicKey } = keyPair('ed25519', 'opensesame');
    const server = await sshServer({ publicKey, hostKeys: [hostKey.private] });
    const locked = connection({ port: server.port, privateKey });
    const open = { ...locked, privateKeyPassword: secret('opensesame') };
    assert.equal((await create({ connection: open, create: 'echo in' })).outputs.stdout, 'in');
    await assert.rejects(
      create({ connection: locked, create: 'true' }),
      /^Error: ssh: .*passphrase/,
    );
    await server.close();
  });

  test('logs in with the keys of an agent', async () => {
    const agentSocketPath = join(directory, 'agent');
    const agent = createServer((socket) => {
      const key = ssh2.utils.parseKey(login.private) as ParsedKey;
      const protocol = new ssh2.AgentProtocol(false);
      protocol.on('identities', (request) => protocol.getIdentitiesReply(request, [key]));
      protocol.on('sign', (request, _key, data, { hash }) =>
        protocol.signReply(request, key.sign(data, hash) as Buffer),
      );
      socket.pipe(protocol).pipe(socket);
    }).listen(agentSocketPath);
    const { privateKey: _, ...base } = connection({ agentSocketPath });
    assert.equal((await create({ connection: base, create: 'echo in' })).outputs.stdout, 'in');
    agent.close();
  });

  test('names an agent that does not answer', async () => {
    const agentSocketPath = join(directory, 'no-agent');
    await assert.rejects(create({ connection: connection({ agentSocketPath }), create: 'true' }), {
      message: `dial unix ${agentSocketPath}: connect: no such file or directory`,
    });
  });

  test('names a host key that cannot be read, at once', async () => {
    const unread = connection({ hostKey: 'ssh-ed25519', dialErrorLimit: -1 });
    await assert.rejects(create({ connection: unread, create: 'true' }), {
      message: 'failed to parse host key: ssh: no key found',
    });
  });

  test('names a private key that cannot be read', async () => {
    await assert.rejects(
      create({ connection: connection({ privateKey: 'no key' }), create: 'true' }),
      /^Error: ssh: /,
    );
  });

  test('is tried again as often as dialErrorLimit says', async () => {
    const shy = await sshServer({
      refuse: 2,
      hostKeys: [hostKey.private],
      publicKey: login.public,
    });
    const patient = {
      connection: connection({ port: shy.port, dialErrorLimit: 2 }),
      create: 'echo hi',
    };
    shown.length = 0;
    assert.equal((await create(patient)).outputs.stdout, 'hi');
    assert.deepEqual(shown.slice(0, 2), ['Dial 1/2 failed: retrying', 'Dial 2/2 failed: retrying']);
    await shy.close();
    await assert.rejects(
      create({ connection: connection({ port: shy.port, dialErrorLimit: 1 }), create: 'true' }),
      {
        message: `after 1 failed attempts: dial tcp 127.0.0.1:${shy.port}: connect: connection refused`,
      },
    );
  });

  test('gives up on a host that says nothing after perDialTimeout', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    await assert.rejects(
      create({ connection: connection({ port, perDialTimeout: 0.1 }), create: 'true' }),
      /handshake failed: ssh: Timed out/,
    );
    mute.close();
  });
});

describe('a copy', () => {
  const copies = 'command:remote:CopyToRemote';
  const asset = (fields: Properties): Properties => ({
    '4dabf18193072939515e22adb298388d': 'c44067f5952c0a294b673a41bacd8c17',
    ...fields,
  });
  const source = join(directory, 'source');
  const inputs = (given: Properties, remotePath: string): Properties => ({
    connection: secret(connection()),
    source: given,
    remotePath,
  });

  before(async () => {
    await mkdir(source);
    writeFileSync(join(source, 'file'), 'content');
  });

  test('of a file makes parents, overwrites, and goes into a directory', async () => {
    const file = asset({ path: join(source, 'file'), hash: 'h' });
    const { id, outputs } = await create(inputs(file, join(directory, 'a/b/file')), copies);
    assert.match(id, /^[0-9a-f]{8}$/);
    assert.deepEqual(
      outputs,
      inputs(file, join(directory, 'a/b/file')),
      'the hash stays in the state',
    );
    writeFileSync(join(directory, 'a/b/file'), 'something longer than that');
    await create(inputs(file, join(directory, 'a/b/file')), copies);
    await create(inputs(file, join(directory, 'a')), copies);
    assert.equal(readFileSync(join(directory, 'a/b/file'), 'utf8'), 'content');
    assert.equal(readFileSync(join(directory, 'a/file'), 'utf8'), 'content');
    await assert.rejects(create(inputs(file, join(directory, 'a/file/below')), copies), {
      message: `remote path ${join(directory, 'a/file')} exists but is not a directory`,
    });
  });

  test('is made again for other content or another path alone, and never removed', async () => {
    const there = join(directory, 'again');
    const state = inputs(asset({ path: join(source, 'file'), hash: 'one' }), there);
    const before = ssh.connections.total;
    await update(state, { ...state, connection: connection({ user: 'other' }) }, copies);
    await remove(state, copies);
    assert.equal(ssh.connections.total, before);
    await update(state, inputs(asset({ path: join(source, 'file'), hash: 'two' }), there), copies);
    assert.equal(readFileSync(there, 'utf8'), 'content');
  });
});

describe('a local command', () => {
  const local = 'command:local:Command';

  test('runs in its directory with its interpreter, environment and input', async () => {
    const { outputs } = await create(
      {
        create: 'cat; pwd; echo $A',
        stdin: 'in ',
        dir: directory,
        environment: { A: 'b' },
        interpreter: ['/bin/sh', '-e', '-c'],
      },
      local,
    );
    assert.equal(outputs.stdout, `in ${directory}\nb`);
  });

  test('fails with exit code, command and output', async () => {
    await assert.rejects(create({ create: 'echo out; exit 3' }, local), {
      message: 'exit status 3: running "echo out; exit 3":\nout\n',
    });
    await assert.rejects(
      create({ create: 'true', dir: '/nowhere' }, local),
      /ENOENT.*running "true"/s,
    );
  });
});

describe('the inputs', () => {
  test('get their defaults, and the connection and its keys become secrets', () => {
    const given = { host: 'h', privateKey: 'k' };
    const { inputs, failures } = check(remoteCommand, { connection: given, create: 'true' });
    assert.deepEqual(failures, []);
    assert.ok(isSecret(inputs.connection as Properties));
    const defaults = { port: 22, user: 'root', dialErrorLimit: 10, perDialTimeout: 15 };
    assert.deepEqual(plain(inputs.connection as Properties), {
      ...defaults,
      ...given,
    });
    const { privateKey } = (inputs.connection as { value: Properties }).value;
    assert.ok(isSecret(privateKey));
  });

  test('are all reported when they are wrong, without what they hold', () => {
    const notHere = 'is not in the stand-in for the command plugin; the official one has it';
    const { failures } = check(remoteCommand, {
      connection: secret({ port: 'planted' }),
      create: 1,
      logging: 'all',
      environment: { A: 1 },
      creat: 'typo',
    });
    assert.deepEqual(
      failures.map(({ property, reason }) => `${property}: ${reason}`).sort(),
      [
        "connection.host: missing required field 'connection.host'",
        'connection.port: expected a number',
        "creat: unknown field 'creat'",
        'create: expected a string',
        'environment: expected an object of strings',
        'logging: expected one of stdout, stderr, stdoutAndStderr, none',
      ].sort(),
    );
    const source = { connection: { host: 'h' }, remotePath: '/x', source: 'text' };
    assert.deepEqual(check('command:remote:CopyToRemote', source).failures, [
      { property: 'source', reason: `expected a FileAsset: any other source ${notHere}` },
    ]);
    const beyond = {
      connection: { host: 'h', password: 'w', proxy: { host: 'j', password: 'w' } },
      create: 'true',
    };
    assert.deepEqual(
      check(remoteCommand, beyond).failures.map(({ reason }) => reason),
      [`'connection.proxy.password' ${notHere}`, `'connection.password' ${notHere}`],
    );
    assert.match(
      check('command:remote:Other', {}).failures[0]?.reason ?? '',
      /not in the stand-in/,
    );
  });

  test('may be unknown before the run', () => {
    assert.deepEqual(check(remoteCommand, { connection: unknown, stdin: unknown }).failures, []);
  });
});

describe('a proxy', () => {
  test('leads to a host, and is left with it', async (t) => {
    const outer = await sshServer({ hostKeys: [hostKey.private], publicKey: login.public });
    t.after(() => outer.close());
    const proxy = connection({ port: outer.port });
    const { outputs } = await create({ connection: connection({ proxy }), create: 'echo me' });
    assert.equal(outputs.stdout, 'me');
    for (let turn = 0; turn < 100 && outer.connections.open > 0; turn++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(outer.connections, { open: 0, total: 1 });
    assert.equal(outer.commands.length, 0);
    const nowhere = connection({ proxy, port: 1 });
    await assert.rejects(
      create({ connection: nowhere, create: 'true' }),
      /^Error: proxy: after 0 failed attempts: ssh: rejected: /,
    );
    const stranger = { ...proxy, hostKey: keyPair().public };
    await assert.rejects(
      create({ connection: connection({ proxy: stranger }), create: 'true' }),
      /^Error: proxy: after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch/,
    );
  });
});

test('what the stand-in does not have is refused by its check, over the protocol too', async () => {
  const request = new provider.CheckRequest()
    .setUrn(urn('command:local:run'))
    .setNews(toStruct({ create: 'true' }));
  const response = await promised<protocol.CheckResponse>((done) => plugin.check(request, done));
  const reasons = response.getFailuresList().map((failure) => failure.getReason());
  assert.match(reasons.join('\n'), /is not in the stand-in for the command plugin/);
});

describe('a difference', () => {
  test('is named by its path; a secret is one thing', () => {
    const olds = {
      same: 'x',
      gone: 1,
      list: ['a', 'b'],
      deep: { 'a.b': 1, c: { d: 1 } },
      hidden: secret({ a: 1, b: 2 }),
      revealed: secret('x'),
    };
    const news = {
      same: 'x',
      come: null,
      list: ['a', 'c', 'd'],
      deep: { 'a.b': 2, c: { d: 2 } },
      hidden: secret({ a: 1, b: 3 }),
      revealed: 'x',
    };
    assert.deepEqual(Object.fromEntries(differences(olds, news)), {
      gone: 'delete',
      come: 'add',
      'list[1]': 'update',
      'list[2]': 'add',
      'deep["a.b"]': 'update',
      'deep.c.d': 'update',
      hidden: 'update',
      revealed: 'update',
    });
    assert.equal(differences(olds, structuredClone(olds)).size, 0);
  });

  test('updates in place, but for triggers that come or go', async () => {
    const { PropertyDiff, DiffRequest, DiffResponse } = provider;
    const diff = (olds: Properties, news: Properties) => {
      const request = new DiffRequest()
        .setUrn(urn(remoteCommand))
        .setOldInputs(toStruct(olds))
        .setNews(toStruct(news));
      return promised<protocol.DiffResponse>((done) => plugin.diff(request, done));
    };
    const changed = await diff({ create: 'a', triggers: [1] }, { create: 'b', triggers: [2] });
    assert.equal(changed.getChanges(), DiffResponse.DiffChanges.DIFF_SOME);
    const kind = (response: protocol.DiffResponse, path: string) =>
      response.getDetaileddiffMap().get(path)?.getKind();
    assert.equal(kind(changed, 'create'), PropertyDiff.Kind.UPDATE);
    assert.equal(
      kind(changed, 'triggers[0]'),
      PropertyDiff.Kind.UPDATE,
      'the SDK makes it replace',
    );
    const come = await diff({}, { triggers: [1] });
    assert.equal(kind(come, 'triggers'), PropertyDiff.Kind.ADD_REPLACE);
    const none = await diff({ create: 'a' }, { create: 'a' });
    assert.equal(none.getChanges(), DiffResponse.DiffChanges.DIFF_NONE);
  });
});

// The last one: what is cancelled stays so.
test('a cancelled run kills a local command and stops dialling', async () => {
  const file = join(directory, 'begun');
  const nobody = connection({ port: 1, dialErrorLimit: -1 });
  shown.length = 0;
  const ended = Promise.all([
    assert.rejects(
      create({ create: `touch ${file}; exec sleep 60` }, 'command:local:Command'),
      /^Error: signal: killed: running "touch/,
    ),
    assert.rejects(create({ connection: nobody, create: 'true' }), { message: 'context canceled' }),
  ]);
  for (let turn = 0; turn < 500 && !(existsSync(file) && shown.length > 0); turn++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await promised<empty.Empty>((done) => plugin.cancel(new empty.Empty(), done));
  await ended;
});
