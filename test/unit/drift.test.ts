import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, judge, type Sight } from '../../components/host/drift.ts';
import { type Item, type State, sha256 } from '../../components/host/item.ts';
import {
  aptPackage,
  blob,
  file,
  instances,
  monitorCheck,
  tree,
  unit,
} from '../../components/host/kinds.ts';
import { key, type Manifest, text } from '../../components/host/manifest.ts';

const conf = file('/etc/a.conf', 'one\ntwo\n');
const manifestOf = (...items: Item[]): Manifest => ({ name: 'nginx', after: [], items });
const header = { run: 'before', lines: ['! old'] };
const remembered = (manifest: Manifest) =>
  new Map([[manifest.name, { header, hash: sha256(text(manifest, header)) }]]);

/** A host on which everything is as a manifest wants it, but for some observations. */
function sight(
  manifest: Manifest,
  but: Record<string, State> = {},
  more: Partial<Sight> = {},
): Sight {
  const observed = new Map<string, State>(manifest.items.map((item) => [key(item), item.state]));
  for (const [name, state] of Object.entries(but)) observed.set(name, state);
  return {
    observed,
    texts: new Map(),
    applied: new Map(),
    unfinished: new Map(),
    remembered: remembered(manifest),
    ...more,
  };
}

const texts = (manifest: Manifest, seen: Sight) =>
  judge(manifest, seen, 'now').findings.map(({ text }) => text);

test('flat records are compared key by key, on both sides', () => {
  assert.deepEqual(
    differences({ mode: '0666', owner: 'root', acl: 'yes' }, { mode: '0644', owner: 'root' }),
    [
      { key: 'mode', from: '0666', to: '0644' },
      { key: 'acl', from: 'yes', to: '' },
    ],
  );
});

test('of a missing thing, or one of another type, that alone is told', () => {
  assert.deepEqual(differences({ state: 'missing' }, conf.state), [
    { key: 'state', from: 'missing', to: 'present' },
  ]);
  assert.deepEqual(differences({ type: 'link' }, conf.state), [
    { key: 'type', from: 'link', to: '' },
  ]);
});

test('while nothing differs the remembered header is repeated word for word', () => {
  const manifest = manifestOf(conf);
  assert.deepEqual(judge(manifest, sight(manifest), 'now'), {
    due: false,
    header: { run: 'before', lines: ['! old'] },
    findings: [],
  });
});

test('drift gives a new header that names it', () => {
  const manifest = manifestOf(conf);
  const drifted = sight(manifest, { [key(conf)]: { ...conf.state, mode: '0666' } });
  assert.deepEqual(judge(manifest, drifted, 'now'), {
    due: true,
    header: { run: 'now', lines: ['! file /etc/a.conf mode 0666 → 0644 (drift)'] },
    findings: [{ sort: 'drift', text: '! file /etc/a.conf mode 0666 → 0644 (drift)' }],
  });
});

test('the lines of a text file that differ are shown, those of a secret one never', () => {
  const seen = (item: Item) =>
    sight(
      manifestOf(item),
      { [key(item)]: { ...item.state, sha256: 'other' } },
      { texts: new Map([[item.name, 'one\nhacked\n']]) },
    );
  assert.deepEqual(judge(manifestOf(conf), seen(conf), 'now').findings[0]?.lines, [
    '-hacked',
    '+two',
  ]);
  const secret = file('/etc/a.conf', 'one\ntwo\n', { secret: true });
  assert.equal(judge(manifestOf(secret), seen(secret), 'now').findings[0]?.lines, undefined);
});

test('a change of the program is told apart from drift', () => {
  const now = file('/etc/a.conf', 'one\n2\n');
  const before = manifestOf(conf, file('/etc/old.conf', ''));
  const seen = sight(
    before,
    { [key(conf)]: { ...conf.state, mode: '0600' } },
    { applied: new Map([['nginx', before.items]]) },
  );
  assert.deepEqual(texts(manifestOf(now, file('/etc/new.conf', '')), seen), [
    '! file /etc/a.conf mode 0600 → 0644 (drift)',
    '~ file /etc/a.conf content (change)',
    '+ file /etc/new.conf',
    '- file /etc/old.conf',
  ]);
});

test('what a run that was cut short has made already is no drift', () => {
  const wanted = file('/etc/a.conf', 'one\ntwo\n', { mode: '0600' });
  const before = manifestOf(conf);
  const seen = (mode: string, unfinished: Item[]) =>
    sight(
      before,
      { [key(conf)]: { ...conf.state, mode } },
      { applied: new Map([['nginx', before.items]]), unfinished: new Map([['nginx', unfinished]]) },
    );
  const change = '~ file /etc/a.conf mode 0644 → 0600 (change)';
  assert.deepEqual(texts(manifestOf(wanted), seen('0600', [wanted])), [change]);
  const other = file('/etc/a.conf', 'one\ntwo\n', { mode: '0640' });
  const back = '~ file /etc/a.conf mode 0640 → 0644 (change)';
  assert.deepEqual(texts(manifestOf(wanted), seen('0640', [other])), [back, change]);
  assert.deepEqual(texts(manifestOf(wanted), seen('0666', [other])), [
    '! file /etc/a.conf mode 0666 → 0644 (drift)',
    change,
  ]);
});

test('a service that a run was cut short before it could tell did not drift', () => {
  const nginx = unit('nginx.service', { active: 'active', config: '/etc/nginx' });
  const wanted = manifestOf(conf, nginx);
  const stale = { [key(nginx)]: { ...nginx.state, config: 'stale' } };
  const found = (unfinished: Map<string, readonly Item[]>) =>
    texts(wanted, sight(wanted, stale, { unfinished }));
  assert.deepEqual(found(new Map([['nginx', wanted.items]])), [
    '~ unit nginx.service config stale → current (change)',
  ]);
  assert.deepEqual(found(new Map()), ['! unit nginx.service config stale → current (drift)']);
});

test('a property that nobody asked for before did not drift', () => {
  const plain: Item = { kind: 'package', name: 'nodejs', state: { state: 'installed' } };
  const pinned: Item = { ...plain, state: { state: 'installed', version: '20' } };
  const seen = sight(
    manifestOf(plain),
    { [key(plain)]: { state: 'installed', version: '18' } },
    { applied: new Map([['nginx', [plain]]]) },
  );
  assert.deepEqual(texts(manifestOf(pinned), seen), [
    '~ package nodejs version none → 20 (change)',
  ]);
});

test('a host that has no record of a manifest is told in one line, and the run is new', () => {
  const manifest = manifestOf(conf, file('/etc/b.conf', ''));
  const wiped = sight(
    manifest,
    { 'file /etc/b.conf': { state: 'missing' } },
    { remembered: new Map() },
  );
  const verdict = judge(manifest, wiped, 'now');
  assert.deepEqual(verdict.header, { run: 'now', lines: [] });
  assert.deepEqual(verdict.findings, [
    { sort: 'new', text: '+ nginx: 2 items, 1 of them as wanted already' },
  ]);
});

test('what follows from another finding is not told again', () => {
  const service = unit('monit.service', { active: 'active', config: '/etc/monit' });
  const check = monitorCheck('shop-4190');
  const manifest = manifestOf(conf, service, check);
  const changed = { ...conf.state, mode: '0666' };
  const stale = { ...service.state, config: 'stale' };
  assert.deepEqual(
    texts(manifest, sight(manifest, { [key(conf)]: changed, [key(service)]: stale })),
    ['! file /etc/a.conf mode 0666 → 0644 (drift)'],
  );
  assert.deepEqual(texts(manifest, sight(manifest, { [key(service)]: stale })), [
    '! unit monit.service config stale → current (drift)',
  ]);
  const down = { ...service.state, active: 'inactive' };
  assert.deepEqual(
    texts(manifest, sight(manifest, { [key(service)]: down, [key(check)]: { state: 'unknown' } })),
    ['! unit monit.service active inactive → active (drift)'],
  );
  assert.deepEqual(
    texts(manifest, sight(manifest, { [key(conf)]: changed, [key(check)]: { state: 'unknown' } })),
    ['! file /etc/a.conf mode 0666 → 0644 (drift)'],
    'a configuration that Monit cannot read',
  );
  assert.deepEqual(
    texts(
      manifest,
      sight(manifest, { [key(conf)]: changed, [key(check)]: { state: 'not monitored' } }),
    ),
    [
      '! file /etc/a.conf mode 0666 → 0644 (drift)',
      '! monitor shop-4190 not monitored → monitored (drift)',
    ],
  );
});

test('a service whose files are other ones now did not drift', () => {
  const service = unit('monit.service', { active: 'active', config: '/etc/monit' });
  const before = manifestOf(conf, service);
  const seen = sight(
    before,
    { [key(service)]: { ...service.state, config: 'stale' } },
    { applied: new Map([['nginx', before.items]]) },
  );
  assert.deepEqual(texts(manifestOf(service), seen), ['- file /etc/a.conf']);
});

const was = '1'.repeat(64);
const now = '2'.repeat(64);
const rollout = (current: string, environment: string): Item => ({
  kind: 'rollout',
  name: 'shop',
  state: { current, 4190: 'current', 4191: 'current' },
  instructions: { '@unit': 'u', '@environment': environment },
});

/** What the probe says when these instances are held against what is wanted now. */
const held = (before: Item, states: Record<string, string>): Sight => {
  const manifest = manifestOf(before);
  return sight(
    manifest,
    { 'rollout shop': { ...before.state, ...states } },
    { applied: new Map([['nginx', manifest.items]]) },
  );
};

test('instances that run what was applied last did not drift when something new is wanted', () => {
  const before = rollout(was, 'e');
  assert.deepEqual(
    texts(
      manifestOf(rollout(now, 'e')),
      held(before, { 4190: 'release 11111111', 4191: 'release 33333333' }),
    ),
    [
      '~ rollout shop 4190 release 11111111 → current (change)',
      '! rollout shop 4191 release 33333333 → current (drift)',
      '~ rollout shop current 11111111 → 22222222 (change)',
    ],
  );
  assert.deepEqual(
    texts(
      manifestOf(rollout(was, 'f')),
      held(before, { 4190: 'older environment', 4191: 'older unit' }),
    ),
    [
      '~ rollout shop 4190 older environment → current (change)',
      '! rollout shop 4191 older unit → current (drift)',
    ],
  );
});

test('an instance that is new or about to go did not drift, and a new setting is told', () => {
  const instance = (ports: object, instructions: object): Item => ({
    ...{ kind: 'rollout', name: 'shop' },
    state: { current: was, ...ports },
    instructions: { '@unit': 'u', '@environment': 'e', ...instructions },
  });
  const before = instance({ 4190: 'current', 4191: 'current' }, { '@drain': '30' });
  const after = instance(
    { 4191: 'current', 4192: 'current' },
    { '@drain': '8', '@environment': 'f' },
  );
  const seen = held(before, { 4192: 'stopped' });
  assert.deepEqual(texts(manifestOf(after), seen), [
    '~ rollout shop 4192 none → current (change)',
    '~ rollout shop 4190 current → none (change)',
    '~ rollout shop drain 30 → 8 (change)',
  ]);
});

test('of other ports only instances that nobody ever wanted drifted', () => {
  const items = (...ports: number[]): Item => instances('shop', ports, { type: 'web', stop: 15 });
  const [before, after] = [items(4190, 4191), items(4191, 4192)];
  const found = (running: string): string[] => {
    const applied = manifestOf(before);
    const seen = sight(
      applied,
      { 'instances shop': { running } },
      { applied: new Map([['nginx', applied.items]]) },
    );
    return texts(manifestOf(after), seen);
  };
  const change = '~ instances shop running 4190,4191 → 4191,4192 (change)';
  assert.deepEqual(found('4190,4191,4192'), [change]);
  assert.deepEqual(found('4190,4191,4192,4199'), [
    '! instances shop running 4190,4191,4192,4199 → 4190,4191 (drift)',
    change,
  ]);
});

test('a release that is replaced stays on the host, and is not told as gone', () => {
  const release = (hash: string) => [
    blob(hash, 'run'),
    tree(`/srv/shop/releases/${hash}`, {
      ...{ blob: hash, owner: 'root', group: 'shop', remove: 'keep' as const },
      ...{ directories: '2750', files: '0640', executables: '0750' },
    }),
  ];
  const before = manifestOf(...release(was));
  const seen = sight(before, {}, { applied: new Map([['nginx', before.items]]) });
  assert.deepEqual(texts(manifestOf(...release(now)), seen), [
    `+ blob ${now.slice(0, 12)}`,
    `+ tree /srv/shop/releases/${now}`,
  ]);
});

test('a package that is not named any more stays on the host, and is not told as gone', () => {
  const before = manifestOf(aptPackage('nodejs'), aptPackage('curl'));
  const seen = sight(before, {}, { applied: new Map([['nginx', before.items]]) });
  assert.deepEqual(texts(manifestOf(aptPackage('curl')), seen), []);
});
