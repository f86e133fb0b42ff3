/** A command on a host whose output is read while it runs, over SSH to a server in this process. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { exec, Lost } from '../../components/ssh/exec.ts';
import { keyPair, sshServer } from '../harness/ssh-server.ts';
import { scratchDirectory } from './scratch.ts';

const host = keyPair();
const login = keyPair();
const folder = scratchDirectory('ssh-exec');
writeFileSync(join(folder, 'key'), login.private, { mode: 0o600 });
before(() => {
  delete process.env.SSH_AUTH_SOCK;
});
const server = await sshServer({ hostKeys: [host.private], publicKey: login.public });
after(() => server.close());

const way = (user = 'root') => ({
  ...{ name: 'web1', address: '127.0.0.1', port: server.port, user, hostKey: host.public },
  privateKey: join(folder, 'key'),
});

test('words arrive as they are, whatever a shell would read into them', async () => {
  const words = ["it's", '$HOME `id` $(id)', 'a b', '', '; exit 3', '*\n?', '"'];
  const { channel, ended } = await exec(way(), ['printf', '%s|', ...words]);
  assert.equal(await text(channel), words.map((word) => `${word}|`).join(''));
  assert.equal(await ended, 0);
});

test('the exit code is passed on', async () => {
  const code = async (script: string) => {
    const { channel, ended } = await exec(way(), ['sh', '-c', script]);
    channel.resume();
    return await ended;
  };
  assert.equal(await code('exit 7'), 7);
  assert.equal(await code('exit 0'), 0);
});

test('its input and its errors are streams of their own, and its connection ends with it', async () => {
  const { channel, ended } = await exec(way(), ['sh', '-c', 'cat; echo wrong >&2']);
  channel.end('given');
  assert.deepEqual(await Promise.all([text(channel), text(channel.stderr)]), ['given', 'wrong\n']);
  await ended;
  while (server.connections.open > 0) await new Promise((done) => setImmediate(done));
});

test('as root: by sudo, where somebody else logs in', async () => {
  for (const user of ['root', 'admin']) {
    const { channel, ended } = await exec(way(user), ['true'], { root: true });
    channel.resume();
    await ended;
  }
  assert.deepEqual(
    server.commands.slice(-2).map(({ command }) => command),
    ["'true'", "'sudo' '-n' 'true'"],
  );
});

test('a connection that is lost midway is told with the server', async () => {
  const { ended, close } = await exec(way(), ['cat']);
  close();
  await assert.rejects(
    ended,
    /^HostError: server web1 \(root@127\.0\.0\.1:\d+\): the connection was lost$/,
  );
});

test('one that is lost while its output is read is told when that has ended', async () => {
  const { channel, ended } = await exec(way(), ['sh', '-c', 'echo one; cat']);
  for await (const _ of channel) server.drop();
  for (let turn = 0; turn < 3; turn++) await new Promise((done) => setImmediate(done));
  await assert.rejects(ended, Lost);
});
