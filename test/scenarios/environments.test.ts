/** Two environments that share one file, each a stack with a host of its own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { copiedHost } from '../harness/provisioned.ts';
import { assertNothingToDo, changed, release, testStack } from '../harness/stack.ts';

const variable = (host: DebianHost): Promise<string> =>
  host.exec("grep -h -e ^LEVEL= -e ^PLACE= /etc/keelson/shop/environment | tr -d '\"'");

/** A port of this machine that leads to a host's SSH server, as a session of AWS's Systems Manager makes one. */
async function forwarded(t: TestContext, { address, knownHosts }: DebianHost): Promise<object> {
  const forward = createServer((client) => {
    const server = connect(22, address);
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on('error', () => socket.destroy());
  });
  t.after(() => forward.close());
  await once(forward.listen(0, '127.0.0.1'), 'listening');
  const [, type, key] = readFileSync(knownHosts, 'utf8').split(/\s+/);
  const { port } = forward.address() as AddressInfo;
  return { address: '127.0.0.1', port, hostKey: `${type} ${key}`, knownHosts: undefined };
}

test('staging and production share a file', { timeout: 600_000 }, async (t) => {
  const [one, two] = [await copiedHost(t, { cpus: 1 }), await copiedHost(t, { cpus: 1 })];
  const staging = await testStack(t, one, {});
  const production = await testStack(t, two, {});
  const shop = {
    ...{ source: release(staging, 'one'), start: 'server.js', domains: ['default'] },
    ...{ health: '/health', env: { LEVEL: 'info', PLACE: 'shared' }, instances: 1 },
    rollout: { drain: '1s', start: '6s', watch: '0s', answers: 1 },
  };
  const shared = join(staging.directory, 'stacks', 'shared.yaml');
  const share = (app: object) =>
    writeFileSync(
      shared,
      stringify({
        config: { 'keelson:server': { journal: { size: '500M' } }, 'keelson:apps': { shop: app } },
      }),
    );
  share(shop);
  const level = (LEVEL: string) => ({ apps: { shop: { env: { LEVEL } } } });
  staging.configure({ extends: 'shared.yaml', ...level('debug') });
  // One server of a stack, reached by a forward, with a setting that its app has there alone.
  const web1 = { ...(await forwarded(t, two)), ...level('warn') };
  production.configure({ extends: shared, servers: { web1 } });

  await t.test('each gets what is shared, with what is its own', async () => {
    await staging.up();
    await production.up();
    assert.equal(await variable(one), 'LEVEL=debug\nPLACE=shared\n');
    assert.equal(await variable(two), 'LEVEL=warn\nPLACE=shared\n');
    for (const host of [one, two])
      assert.match(await host.exec('cat /etc/systemd/journald.conf.d/*'), /SystemMaxUse=500M/);
    await assertNothingToDo(staging);
    await assertNothingToDo(production);
  });

  await t.test('written out in one file it is the same, and changes nothing', async () => {
    const env = { ...shop.env, LEVEL: 'debug' };
    staging.configure({ server: { journal: { size: '500M' } }, apps: { shop: { ...shop, env } } });
    await assertNothingToDo(staging);
  });

  await t.test('what is changed in the shared file reaches whoever extends it', async () => {
    share({ ...shop, env: { ...shop.env, PLACE: 'elsewhere' } });
    const run = await production.up();
    assert.deepEqual(changed(run), ['update web1-rollout-shop']);
    assert.equal(await variable(two), 'LEVEL=warn\nPLACE=elsewhere\n');
    await assertNothingToDo(production);
  });

  await t.test(
    'what is wrong in it is told with its file and line, and nothing is done',
    async () => {
      share({ ...shop, port: 80 });
      const run = await production.try('up');
      assert.notEqual(run.code, 0);
      assert.match(said(run), /shared\.yaml:\d+: apps\.shop\.port: 80 is below 1024/);
    },
  );
});
