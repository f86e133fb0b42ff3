/** Servers that the stack file names no more, and that cannot be reached as the state has it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { knock } from '../../components/ssh/knock.ts';
import { type Admission, keyPair, sshServer } from '../harness/ssh-server.ts';

const login = keyPair();
const host = keyPair();

async function server(t: TestContext, more: Admission = {}) {
  const it = await sshServer({ hostKeys: [host.private], publicKey: login.public, ...more });
  t.after(() => it.close());
  const kept = { host: '127.0.0.1', port: it.port, user: 'admin', hostKey: host.public };
  return { ...it, kept: { ...kept, privateKey: login.private } };
}

test('a connection of an earlier run is tried once, and what is wrong with it is told', async (t) => {
  const { kept, connections, close } = await server(t);
  assert.equal(await knock(kept), undefined);
  assert.equal(await knock({ ...kept, privateKey: keyPair().private }), 'it refuses the login');
  assert.equal(await knock({ ...kept, hostKey: keyPair().public }), 'its host key is another one');
  assert.equal(connections.total, 3);
  await close();
  assert.match((await knock(kept)) ?? '', /^it cannot be reached: .*ECONNREFUSED/);
});

test('one that says nothing is given up', async (t) => {
  const { kept } = await server(t, { refuse: 1 });
  assert.match((await knock(kept)) ?? '', /^it cannot be reached: /);
});

test('one that is reached through another host is asked through it', async (t) => {
  const [proxy, { kept }] = [await server(t), await server(t)];
  const through = { ...kept, proxy: proxy.kept };
  assert.equal(await knock(through), undefined);
  assert.equal(proxy.connections.total, 1);
  const { private: privateKey } = keyPair();
  assert.equal(await knock({ ...through, privateKey }), 'it refuses the login');
  assert.equal(
    await knock({ ...through, proxy: { ...proxy.kept, privateKey } }),
    'its jump host 127.0.0.1: it refuses the login',
  );
});
