/** What somebody made there is shown and refused, and may be taken over where the server says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unseen } from '../../../components/host/facts.ts';
import { file } from '../../../components/host/kinds.ts';
import { look } from '../../../components/host/look.ts';
import type { Manifest } from '../../../components/host/manifest.ts';
import { serverSchema } from '../../../components/server/components.ts';

const conf = file('/etc/a', 'wanted\n');
const base: Manifest = { name: 'base', after: [], items: [conf] };
const facts = Object.entries({ ...unseen.facts, releases: undefined })
  .filter(([, value]) => value !== undefined)
  .map(([key, value]) => `${key}\t${value}\n`);

/** Looks at a host that answers so, with what it was asked. */
async function see(answer: readonly string[], takeOver: boolean) {
  const asked: string[] = [];
  const script = async (program: string) => {
    asked.push(program);
    return asked.length === 1 ? facts.join('') : answer.map((line) => `${line}\n`).join('');
  };
  const seen = await look({ script }, { name: 'web1', takeOver }, () => [base], 'now');
  return { asked: asked[1] ?? '', seen };
}

const answer = (origin: string) => [
  'manifest\thelper\tdue',
  'manifest\tbase\tdue',
  `${origin}\tfile\t/etc/a\tmode\t0600\t0644`,
  `${origin}\tfile\t/etc/a\tsha256\t1\t2`,
  'text\t/etc/a\tfound',
  '|password = hunter2',
  '|own line',
  'end',
];

test('nothing is taken over unless the stack file says so', () => {
  assert.equal(serverSchema.parse({ address: 'web1.example.com' }).takeOver, false);
});

test('what is somebody’s own is told whole, but for what may be a password, with what allows it', async () => {
  await assert.rejects(see(answer('own'), false), (error: Error) => {
    assert.match(error.message, /^is in use: /);
    assert.match(error.message, /^ {2}× file \/etc\/a mode 0600 → 0644 \(own\)$/m);
    assert.match(error.message, /^ {6}-own line$/m);
    assert.match(error.message, /^ {6}-… \(may hold a secret\)$/m);
    assert.match(error.message, /^Nothing was changed\. .*takeOver: true/m);
    return true;
  });
});

test('where it may be taken over, the host is told with the look, and with the manifest of what was found', async () => {
  const { asked, seen } = await see(answer('found'), true);
  assert.ok(asked.includes('\nserver\tweb1\ntakeover\nmanifest\thelper\t'));
  assert.deepEqual(seen.seen[0]?.header.lines, ['takeover']);
  assert.ok(!(await see(answer('found'), false)).asked.includes('\ntakeover\n'));
});

test('what is new takes nothing over', async () => {
  const [helper = '', manifest = '', , , , , , end = ''] = answer('');
  const made = [helper, manifest, 'new\tfile\t/etc/a\tstate\tmissing\tpresent', end];
  const { seen } = await see(made, true);
  assert.deepEqual(seen.seen[0]?.header.lines, []);
});
