/** The look, on a session that answers from a table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unseen } from '../../components/host/facts.ts';
import { sha256 } from '../../components/host/item.ts';
import { blob, file, instances } from '../../components/host/kinds.ts';
import { assume, look, newRun, type Remembered } from '../../components/host/look.ts';
import { type Manifest, text } from '../../components/host/manifest.ts';
import { rolled } from './moving.ts';

const render = () => [{ name: 'app-shop', after: [], items: [blob('abc', '')] }];

const last: Remembered = {
  facts: { ...unseen.facts, cores: 8 },
  headers: { 'app-shop': { run: 'r1', lines: ['! x (drift)'] } },
  blobs: { abc: 'r0' },
};

test('a run is named by its time and a random part, so that two clocks cannot agree', () => {
  const now = new Date('2026-11-21T07:01:02.345Z');
  assert.match(newRun(now), /^20261121T070102Z-[0-9a-f]{4}$/);
});

test('without a look the inputs are those of the last up, to the letter', async () => {
  const { facts, seen, helper } = await assume(render, last, 'now');
  assert.equal(facts.cores, 8);
  assert.deepEqual(seen[0]?.header, last.headers['app-shop']);
  assert.deepEqual(seen[0]?.manifest.items, [blob('abc', 'r0')]);
  assert.equal(helper.due, false);
});

test('without a look and without an earlier up, everything is of this run', async () => {
  const { seen } = await assume(render, undefined, 'now');
  assert.deepEqual(seen[0]?.header, { run: 'now', lines: [] });
  assert.deepEqual(seen[0]?.manifest.items, [blob('abc', 'now')]);
});

const conf = file('/etc/a', 'wanted\n');
const base: Manifest = { name: 'base', after: [], items: [conf] };
const facts = Object.entries({ ...unseen.facts, releases: undefined })
  .filter(([, value]) => value !== undefined)
  .map(([key, value]) => `${key}\t${value}`);
const known = ['header\tbase run r1', 'header\thelper run r0'];

/** Looks with these lines as the answers to the two scripts. */
async function see(memory: readonly string[], answer: readonly string[], ...wanted: Manifest[]) {
  const asked: string[] = [];
  const answers = [[...facts, ...memory], answer];
  const script = async (program: string) => {
    asked.push(program);
    return (answers[asked.length - 1] ?? []).map((line) => `${line}\n`).join('');
  };
  return {
    asked,
    look: await look({ script }, { name: 'web1' }, () => (wanted.length ? wanted : [base]), 'now'),
  };
}

test('the host is asked with the hash of the text that would mean that a manifest is applied', async () => {
  const answer = ['manifest\thelper\tapplied', 'manifest\tbase\tapplied', 'end'];
  const { asked } = await see(known, answer);
  const hash = sha256(text(base, { run: 'r1', lines: [] }));
  assert.ok(asked[1]?.includes(`\nserver\tweb1\nmanifest\thelper\t`));
  assert.ok(asked[1]?.includes(`\nmanifest\tbase\t${hash}\nfile\t/etc/a\towner=root\t`));
  assert.ok(!asked[1]?.includes('wanted\n|'), 'no content travels with a look');
});

test('what the host calls applied keeps its header; what it calls due gets a new one with the drift', async () => {
  const applied = ['manifest\thelper\tapplied', 'manifest\tbase\tapplied', 'end'];
  const { look: quiet } = await see(known, applied);
  assert.deepEqual(
    [quiet.seen[0]?.due, quiet.seen[0]?.header, quiet.seen[0]?.lines],
    [false, { run: 'r1', lines: [] }, []],
  );
  assert.deepEqual([quiet.helper.due, quiet.helper.header.run], [false, 'r0']);
  const rows = ['drift\tfile\t/etc/a\tmode\t0666\t0644', 'change\tfile\t/etc/a\towner\ta\tb'];
  const due = ['manifest\thelper\tapplied', 'manifest\tbase\tdue', ...rows, 'end'];
  const { look: loud } = await see(known, due);
  const [drift, change] = [
    '! file /etc/a mode 0666 → 0644 (drift)',
    '~ file /etc/a owner a → b (change)',
  ];
  assert.deepEqual(loud.seen[0]?.header, { run: 'now', lines: [drift] });
  assert.deepEqual(loud.seen[0]?.lines, [drift, change]);
});

test('what an earlier run applied and did not confirm is known, unless it is due again', async () => {
  const answer = (verdict: string) => [
    'manifest\thelper\tapplied',
    `manifest\tbase\t${verdict}`,
    'end',
  ];
  const isUnconfirmed = async (memory: string[], verdict: string) =>
    (await see(memory, answer(verdict))).look.seen[0]?.isUnconfirmed;
  const waits = [...known, 'unconfirmed\tbase r1'];
  assert.equal(await isUnconfirmed(waits, 'applied'), true);
  assert.equal(await isUnconfirmed(known, 'applied'), undefined);
  assert.equal(await isUnconfirmed(waits, 'due'), undefined);
});

test('what moves to another manifest the helper is told, lest it takes it away before', async () => {
  const moves = ['manifest\tbase\tdue', 'moves\tsysctl\tvm.swappiness'];
  const { look } = await see(known, ['manifest\thelper\tapplied', ...moves, 'end']);
  assert.deepEqual(look.seen[0]?.header.lines, ['moves\tsysctl\tvm.swappiness']);
});

test('what nothing names any more comes by itself', async () => {
  const gone = ['manifest\tnginx\tgone', 'gone\tfile\t/etc/b\t\t\t'];
  const answer = ['manifest\thelper\tapplied', 'manifest\tbase\tapplied', ...gone, 'end'];
  const { look } = await see(known, answer);
  assert.deepEqual(
    look.gone.map(({ name, lines }) => [name, lines]),
    [['nginx', ['- file /etc/b (gone)']]],
  );
});

test('a header tells the helper what only a look at all manifests can know', async () => {
  const site = file('/etc/nginx/keelson.d/store.conf', '', { serves: ['default'] });
  const items = [site, instances('store', [3700], { type: 'web', stop: 1 })];
  const taker = { name: 'site-store', after: [], app: 'store', items };
  const moves = { ...base, name: 'rollout-store', app: 'store', items: [rolled('store', [3700])] };
  const extra = 'found\tdirectory\t/etc/a.d\textra\tx,y z\t';
  const answer = [
    ...['manifest\thelper\tapplied', 'manifest\tsite-store\tdue', extra],
    ...['manifest\trollout-store\tapplied', 'manifest\tsite-shop\tgone'],
    ...['gone\tinstances\tshop\t\t\t', 'gone\tfile\t/etc/shop.conf\t\tdefault a.de\t'],
    ...['manifest\trollout-shop\tgone', 'gone\trollout\tshop\t\t4300\t', 'end'],
  ];
  const memory = [...known, 'header\trollout-store run r1'];
  const { look: seen } = await see(memory, answer, moves, taker);
  const header = seen.seen.find(({ manifest }) => manifest.name === 'site-store')?.header;
  assert.deepEqual(header?.lines, ['stranger\t/etc/a.d\tx,y z', 'replaces\tsite-shop']);
});

test('what is somebody else’s ends the look', async () => {
  const foreign = 'foreign\tuser\tjane\t\tis there already\t';
  const answer = ['manifest\thelper\tapplied', 'manifest\tbase\tdue', foreign, 'end'];
  await assert.rejects(see(known, answer), /^Error: user jane is there already$/);
});

test('silence never passes for a good answer', async () => {
  await assert.rejects(see(known, []), /broke off/);
  await assert.rejects(see(known, ['manifest\thelper\tapplied', 'end']), /manifest base/);
});

test('a login that prints is refused where files have to be sent, since sftp would not understand', async () => {
  const upload = { name: 'release', hash: 'abc', archive: '/tmp/abc' };
  const wanted: Manifest = { name: 'app-shop', after: [], items: [conf], uploads: [upload] };
  const answer = ['manifest\thelper\tapplied', 'manifest\tapp-shop\tdue', 'end'];
  const ask = async (said: string, memory: readonly string[]) => {
    const answers = [[...facts, ...memory], answer];
    const script = async () => (answers.shift() ?? []).map((line) => `${line}\n`).join('');
    await look({ script, greeting: async () => said }, { name: 'web1' }, () => [wanted], 'now');
  };
  const external = 'sftp\t/usr/lib/openssh/sftp-server';
  await assert.rejects(ask('hello', [external]), /^Error: no file can be sent there.*"hello"/);
  await ask('', [external]);
  await ask('hello', ['sftp\tinternal-sftp']);
  await ask('hello', [external, 'blob\tabc r1']);
});
