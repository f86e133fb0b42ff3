import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Run, said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { copiedHost } from '../harness/provisioned.ts';
import {
  assertNothingToDo,
  type Failure,
  release,
  type Stack,
  testStack,
} from '../harness/stack.ts';

const env = { UPLOADS: '/srv/shop/uploads' };

function configure(stack: Stack, mark: string, failure?: Failure, more: object = {}): void {
  const shop = {
    ...{ source: release(stack, mark, failure), start: 'server.js', domains: ['default'] },
    ...{ health: '/health', uploads: { '/files': 'uploads' }, env },
    rollout: { drain: '1s', start: '6s', watch: '0s', answers: 1 },
    ...more,
  };
  stack.configure({ apps: { shop } });
}

/** All that a release brings to a server: links, unit, environment, site, processes. */
const deployed = (host: DebianHost): Promise<string> =>
  host.exec(`readlink /srv/shop/current
sha256sum /etc/systemd/system/shop@.service /etc/keelson/shop/environment /etc/nginx/keelson.d/shop.conf
systemctl show -p MainPID,ActiveEnterTimestampMonotonic shop@3700.service shop@3701.service nginx.service`);

async function releases(host: DebianHost): Promise<string[]> {
  const ask = [3700, 3701].map((port) => `curl -sS http://127.0.0.1:${port}/whoami`).join(' && ');
  const answers = (await host.exec(ask)).trim().split('\n');
  return answers.map((line) => JSON.parse(line).release);
}

const failed = ({ failed }: Run): string[] => failed.map(({ name }) => name);

/** When the host moved its last instances, in milliseconds: first and last line of the rollout. */
async function moves(host: DebianHost): Promise<[number, number]> {
  const log = await host.exec(
    "grep -E 'rollout shop 370[01] .* in [0-9.]+ s' /var/log/keelson.log",
  );
  const times = log.trim().split('\n').slice(-2);
  const [first, last] = times.map((line) => Date.parse(line.slice(0, 20)));
  return [first ?? 0, last ?? 0];
}

test('a release moves over several servers', { timeout: 600_000 }, async (t) => {
  const hosts = [await copiedHost(t, { cpus: 1 }), await copiedHost(t, { cpus: 1 })] as const;
  const [one, two] = hosts;
  const stack = await testStack(t, hosts, {});
  configure(stack, 'one');
  await stack.up();
  await assertNothingToDo(stack);

  await t.test('where it fails, the servers after that stay as they were', async () => {
    const [before, untouched] = [await releases(one), await deployed(two)];
    configure(stack, 'bad', 'exit', { env: { ...env, NEW: 'yes' }, memory: '400M' });
    const run = await stack.try('up');
    assert.notEqual(run.code, 0);
    assert.deepEqual(failed(run), ['h1-rollout-shop']);
    assert.match(said(run), /rollout shop: 3700 on \w{8} exited with status 1/);
    assert.deepEqual(await releases(one), before);
    assert.equal(await deployed(two), untouched);
  });

  await t.test('a good one moves one server after another', async () => {
    const [old] = await releases(one);
    configure(stack, 'two');
    await stack.up();
    const [first, second] = [await releases(one), await releases(two)];
    assert.notEqual(first[0], old);
    assert.deepEqual(first, [first[0], first[0]]);
    assert.deepEqual(second, first);
    const [[, end], [begin]] = [await moves(one), await moves(two)];
    assert.ok(end <= begin, `h2 moved at ${begin}, before h1 had at ${end}`);
    await assertNothingToDo(stack);
  });

  await t.test('one that cannot be reached keeps no release from the others', async () => {
    configure(stack, 'three');
    await one.cutNetwork();
    const run = await stack.try('up');
    await one.mendNetwork();
    assert.notEqual(run.code, 0);
    assert.match(
      said(run),
      new RegExp(`server h1 \\(root@${one.address}:22\\): cannot be reached`),
    );
    assert.doesNotMatch(said(run), /server h2/);
    const [first, second] = [await releases(one), await releases(two)];
    assert.notEqual(second[0], first[0]);
    assert.equal(second[1], second[0]);
    await stack.up();
    assert.deepEqual(await releases(one), second);
    await assertNothingToDo(stack);
  });
});
