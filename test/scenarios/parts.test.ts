/** One code base with several programs: they share a release, move with it under load, and go back as one. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { statusSchema } from '../../components/host/status.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import { does, lines, mainPids, waitFor } from '../harness/on-host.ts';
import { assertNothingToDo, release } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { assertUnharmed, defaults, type Shop, shopOnCopy } from './rollout/shop.ts';

/** A worker, and one that finds out that it cannot work. */
const works = `console.log('worker', process.env.KEELSON_INSTANCE);
setInterval(() => {}, 1000);
process.on('SIGTERM', () => process.exit(0));
`;
const fails = "setTimeout(() => { console.error('no queue'); process.exit(3); }, 500);\n";

const mail = { type: 'worker', start: 'mail.js', instances: 2, healthy: { stay: '1s' } };
const index = { type: 'worker', start: 'index.js', healthy: { command: ['node', 'check.js'] } };
/** It says which release it runs in. */
const clean = { type: 'job', start: 'clean.js', at: 'yearly', timeout: '20s' };
const units = ['shop-mail@1', 'shop-mail@2', 'shop-index@1'];

/** Writes the stack file with a release of that mark, in which mail does this. */
function configure(
  shop: Shop,
  mark: string,
  program = works,
  also: object = { mail, index, clean },
  more: object = {},
) {
  const source = release(shop.stack, mark);
  const write = (name: string, text: string) => writeFileSync(join(source, name), text);
  write('mail.js', program);
  write('index.js', works);
  write('clean.js', "console.log('cleaned', process.cwd());\n");
  write('check.js', 'process.exit(process.env.KEELSON_INSTANCE === "1" ? 0 : 1);\n');
  shop.stack.configure({ apps: { shop: { ...defaults, source, also, ...more } } });
}

/** The release of each web instance and of each worker, and their processes. */
async function running(shop: Shop) {
  const web = await shop.instances();
  const workers = await mainPids(shop.host, ...units);
  const places = workers.map((pid) => `basename "$(readlink /proc/${pid}/cwd)"`);
  const own = await lines(shop.host, places.join('\n'));
  return {
    releases: new Set([
      ...web.map((it) => it.release.slice(0, 8)),
      ...own.map((it) => it.slice(0, 8)),
    ]),
    web: web.map(({ pid }) => pid),
    workers,
  };
}

/** The release in which the job runs. */
async function cleaned({ host }: Shop): Promise<string> {
  const text = await host.exec('keelson run shop-clean');
  return /^cleaned .*\/(\w{8})\w+$/m.exec(text)?.[1] ?? text;
}

async function starts(shop: Shop): Promise<void> {
  configure(shop, 'two', works, {});
  await shop.succeed('a release without members');
  const before = await shop.instances();
  configure(shop, 'two');
  const run = said(await shop.succeed('the same with members'));
  assert.match(run, /rollout shop mail@1 stopped → current in \d+\.\d s/);
  assert.match(run, /rollout shop index@1 stopped → current in \d+\.\d s/);
  assert.deepEqual(await shop.instances(), before, 'the app itself has moved');
  assert.equal((await running(shop)).releases.size, 1);
  assert.match(await shop.host.exec('journalctl -o cat -t shop-mail'), /^worker 2$/m);
  assert.deepEqual([await cleaned(shop)], [...(await running(shop)).releases]);
  await assertNothingToDo(shop.stack);
}

/** What the rest of the kit says of members, and does with them. */
async function areKnown(shop: Shop): Promise<void> {
  const { host } = shop;
  const { apps } = statusSchema.parse(JSON.parse(await host.exec('keelson status')));
  const known = apps.map((it) =>
    [...it.instances, ...it.jobs].map(({ unit, state }) => [unit, state]),
  );
  assert.deepEqual(known, [
    [
      ...['shop@3700', 'shop@3701', ...units.toSorted()].map((it) => [`${it}.service`, 'active']),
      ['shop-clean.service', 'inactive'],
    ],
  ]);
  for (const key of ['mail@1', 'mail@2', 'index@1'])
    await host.exec(`/etc/monit/keelson.d/ask shop ${key}`);
  await host.exec('keelson failed shop-mail@1.service; keelson failed shop-clean.service');
  const alerts = await host.exec('journalctl -o cat -t keelson-alert');
  assert.match(alerts, /^failed shop-mail@1: /m);
  assert.match(alerts, /^job shop-clean: /m);
  const before = await running(shop);
  const told = await host.exec('keelson restart shop');
  assert.deepEqual(
    [...told.matchAll(/^change rollout shop (\S+) restarted/gm)].map(([, key]) => key),
    ['3700', '3701', 'index@1', 'mail@1', 'mail@2'],
  );
  const after = await running(shop);
  assert.deepEqual(after.releases, before.releases);
  const same = [...before.web, ...before.workers].filter((pid) =>
    [...after.web, ...after.workers].includes(pid),
  );
  assert.deepEqual(same, []);
}

/** A good release and one whose worker fails, while visitors come. */
async function movesAsOne(shop: Shop): Promise<void> {
  const before = await running(shop);
  const judgement = await shop.under(
    { kinds: ['POST, fresh', 'POST, keep-alive', 'PUT'], rate: 15 },
    async () => {
      configure(shop, 'three');
      await shop.succeed('a release of all');
      const good = await running(shop);
      assert.equal(good.releases.size, 1);
      assert.ok(
        [...good.web, ...good.workers].every(
          (pid) => ![...before.web, ...before.workers].includes(pid),
        ),
      );

      configure(shop, 'four', fails, { mail, index, clean: { ...clean, memory: '64M' } });
      await shop.fail(
        'a release whose worker fails',
        /mail@1 on \w{8} exited with status 3; all instances are on \w{8} as before\n(.*\n)*.*no queue/,
      );
      const after = await running(shop);
      assert.deepEqual(after.releases, good.releases);
      assert.deepEqual([await cleaned(shop)], [...good.releases]);
      const unit = await shop.host.exec('cat /etc/systemd/system/shop-clean.service');
      assert.match(unit, /^MemoryMax=1G$/m, 'the unit of the job did not come back');
      assert.equal(after.workers[1], good.workers[1], 'mail@2, which had not moved, moved');
    },
  );
  assertUnharmed(judgement);
}

async function goesBackOnPurpose(shop: Shop): Promise<void> {
  const [kept = ''] = await lines(shop.host, 'cat /var/lib/keelson/rollouts/shop/previous');
  assert.ok(!(await running(shop)).releases.has(kept.slice(0, 8)));
  configure(shop, 'three', works, { mail, index, clean }, { release: kept.slice(0, 10) });
  await shop.succeed('back to the one before');
  assert.deepEqual([...(await running(shop)).releases], [kept.slice(0, 8)]);
}

/** Its web instances have moved already, and go back with the next one that fails. */
async function killed(shop: Shop): Promise<void> {
  const before = await running(shop);
  const slow = { ...mail, healthy: { stay: '20s' } };
  configure(shop, 'six', fails.replace('500', '4000'), { index, clean, mail: slow });
  const run = shop.stack.start('up');
  await waitFor(shop.host, 'sed -n 2p /var/lib/keelson/rollouts/shop/moving | grep -q mail@1');
  await shop.host.exec('systemctl kill --signal=KILL keelson-rollout-shop.service');
  assert.notEqual((await run.ended).code, 0);
  assert.ok(!(await does(shop.host, 'test -e /var/lib/keelson/rollouts/shop/moving')));
  await shop.fail('the same again', /mail@[12] on \w{8} .*; all instances are on \w{8} as before/);
  const after = await running(shop);
  assert.deepEqual(after.releases, before.releases);
  configure(shop, 'seven');
  await shop.succeed('a good one after that');
}

async function drifts(shop: Shop): Promise<void> {
  const before = await running(shop);
  await shop.host.exec(
    'systemctl stop shop-mail@1; systemctl stop shop-index@1; systemctl mask shop-index@1',
  );
  const run = said(await shop.succeed('what drifted'));
  assert.match(run, /drift +rollout shop mail@1 stopped → current/);
  assert.match(run, /drift +rollout shop index@1 masked → current/);
  const after = await running(shop);
  assert.deepEqual([after.web, after.workers[1]], [before.web, before.workers[1]]);
}

async function goes(shop: Shop): Promise<void> {
  const before = await running(shop);
  assert.ok(await does(shop.host, 'systemctl is-active shop-clean.timer'));
  configure(shop, 'seven', works, { index });
  await shop.succeed('without mail and clean');
  const after = await running(shop);
  assert.deepEqual([after.web, after.workers], [before.web, [0, 0, before.workers[2]]]);
  const left =
    "systemctl list-units --all --plain --no-legend 'shop-mail*' 'shop-clean*'; ls /etc/systemd/system | grep -E 'shop-(mail|clean)' || :";
  assert.equal(await shop.host.exec(left), '');
  await assertNothingToDo(shop.stack);
  configure(shop, 'eight', works, { index: { ...index, start: 'gone.js' } });
  await shop.fail(
    'what it does not hold',
    /apps\.shop\.also\.index\.start: the app holds no gone\.js/,
  );
}

test('members of an app', { timeout: 600_000 }, async (t) => {
  const shop = await shopOnCopy(t);
  await inOrder(t, [
    ['members that come start, and the app stays', () => starts(shop)],
    ['status, Monit, alerts and a restart know them', () => areKnown(shop)],
    ['all move with a release, and back with one whose worker fails', () => movesAsOne(shop)],
    ['one line goes back to a release, with all', () => goesBackOnPurpose(shop)],
    ['a rollout that was killed in the middle goes back as one', () => killed(shop)],
    ['what drifted of them is mended', () => drifts(shop)],
    ['one that is taken out ends, and nothing else', () => goes(shop)],
  ]);
});
