/** Who takes the place of whom in one run, and in which order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Judged } from '../../components/host/answer.ts';
import type { Manifest } from '../../components/host/manifest.ts';
import type { Row } from '../../components/host/rows.ts';
import { succession } from '../../components/host/succession.ts';
import { moving } from './moving.ts';

const row = (origin: Row['origin'], kind: string, name: string, from = ''): Row => ({
  ...{ origin, kind, name, key: '', from, to: '' },
});

/** What the host says of an app that goes. */
const gone = (app: string, ports: string, domains: string, kept: string[] = []): Judged[] => [
  {
    ...{ name: `app-${app}`, verdict: 'gone' },
    rows: kept.map((name) => row('gone', 'directory', name, 'keep')),
  },
  { name: `rollout-${app}`, verdict: 'gone', rows: [row('gone', 'rollout', app, ports)] },
  {
    ...{ name: `site-${app}`, verdict: 'gone' },
    rows: [row('gone', 'file', `/etc/${app}.conf`, domains), row('gone', 'instances', app)],
  },
];

/** An app whose instances run on other ports than it is to have. */
const runs = (app: string, ports: string): Judged => ({
  ...{ name: `site-${app}`, verdict: 'due' },
  rows: [row('change', 'instances', app, ports)],
});

const told = (manifests: Manifest[], judged: Judged[] = [], due: RegExp = /./) => {
  const result = succession(manifests, judged, (name) => due.test(name));
  return {
    order: result.manifests.map(({ name }) => name),
    after: Object.fromEntries(result.manifests.map(({ name, after }) => [name, after.join(' ')])),
    orders: Object.fromEntries(result.orders),
    notes: Object.fromEntries(result.notes),
    isLate: result.isLate,
  };
};

test('a TCP service that is renamed is known by its public port, as a site is by its domains', () => {
  const { orders } = told(
    moving('lounge', [3800, 3801], [':7000']),
    gone('chat', '3800,3801', ':7000'),
  );
  assert.deepEqual(orders, {
    'rollout-lounge': ['takes\tchat'],
    'site-lounge': ['replaces\tsite-chat'],
  });
});

test('an app that is renamed takes the ports one after another, and then the site', () => {
  const names = ['shop.example.com', 'default'];
  const { orders, notes, isLate } = told(
    moving('store', [3700, 3701], names),
    gone('shop', '3700,3701', 'shop.example.com default', ['/srv/shop/media']),
  );
  assert.deepEqual(orders, {
    'rollout-store': ['takes\tshop'],
    'site-store': ['replaces\tsite-shop'],
  });
  assert.deepEqual(notes, {
    'rollout-store': [
      '  takes ports 3700, 3701 from shop, which goes: one instance after another, while its site goes on',
    ],
    'site-store': [
      '  takes the place of the site of shop',
      "  what shop received stays in /srv/shop/media, and does not become store's; move it there before, if it is to",
    ],
  });
  assert.equal(isLate, false, 'one app alone has nobody to hold back');
});

test('where one instance serves, nobody answers while the port changes hands', () => {
  const names = ['shop.example.com'];
  const { notes } = told(moving('store', [3700], names), gone('shop', '3700', 'shop.example.com'));
  assert.match(String(notes['rollout-store']), /nobody answers for the seconds in which it moves/);
});

test('visitors of a site that goes never reach another app on its ports', () => {
  const { orders, notes } = told(
    moving('blog', [3700]),
    gone('shop', '3700,3701', 'shop.example.com'),
  );
  assert.deepEqual(orders, { 'rollout-blog': ['takes\tshop', 'replaces\tsite-shop'] });
  assert.deepEqual(notes, {
    'rollout-blog': [
      '  takes port 3700 from shop, which goes: the site of shop goes first (shop.example.com)',
    ],
  });
});

test('of several that share the domains the last one takes the place', () => {
  const two = [...moving('b', [4300], ['b.de']), ...moving('a', [4200], ['a.de'])];
  const { orders, order } = told(two, gone('shop', '3700', 'a.de b.de'));
  assert.deepEqual(orders['site-a'], ['replaces\tsite-shop', 'late\trollout-a']);
  assert.deepEqual(orders['site-b'], ['late\trollout-b']);
  assert.ok(order.indexOf('site-b') < order.indexOf('rollout-a'));
});

test('who gives up a port comes before who wants it', () => {
  const two = [...moving('a', [4300]), ...moving('b', [4200])];
  const { order, after } = told(two, [runs('b', '4200,4300')]);
  assert.deepEqual(order.slice(-2), ['rollout-a', 'site-a']);
  assert.match(String(after['rollout-a']), /\bsite-b$/);
  const swap = () => told(two, [runs('a', '4200,4300'), runs('b', '4200,4300')]);
  assert.throws(
    swap,
    /^Error: apps a and b want each other's ports in one run \(b wants 4200 of a\);/,
  );
});

test('apps that move do so one after another, after those that only change their sites', () => {
  const three = ['a', 'b', 'c'].flatMap((app, index) => moving(app, [3700 + 10 * index]));
  const { order, after, orders, isLate } = told(three, [], /^(.*-b|.*-c|site-a)$/);
  assert.deepEqual(order, [
    ...[
      'app-a',
      'rollout-a',
      'site-a',
      'app-b',
      'rollout-b',
      'site-b',
      'app-c',
      'rollout-c',
      'site-c',
    ],
  ]);
  assert.equal(after['rollout-b'], 'app-b site-a');
  assert.equal(after['rollout-c'], 'app-c site-a app-b rollout-b site-b');
  assert.equal(after['rollout-a'], 'app-a', 'what is not due waits for nobody');
  assert.deepEqual(orders, {
    'site-a': ['late\trollout-a'],
    ...Object.fromEntries(
      ['b', 'c'].flatMap((app) => [
        [`app-${app}`, ['late\t-']],
        [`rollout-${app}`, [`late\tapp-${app}`]],
        [`site-${app}`, [`late\trollout-${app}`]],
      ]),
    ),
  });
  assert.equal(isLate, true);
});

test('the certificate of the status page holds back no app, and no app holds it back; what all need does', () => {
  const base: Manifest = { name: 'base', after: [], items: [] };
  const page: Manifest = { name: 'tls-0-status', after: ['base'], isApart: true, items: [] };
  const all = [base, page, ...moving('shop', [3700])];
  assert.deepEqual(told(all).orders, {
    'tls-0-status': ['late\t-'],
    'app-shop': ['late\t-'],
    'rollout-shop': ['late\tapp-shop'],
    'site-shop': ['late\trollout-shop'],
  });
  assert.equal(told(all, [], /^(base|tls-0-status)$/).isLate, false, 'alone it fails at once');
});

test('a site that is to be the last stays so, but where its app gives up a port', () => {
  const [last, other] = [moving('a', [4300]), moving('b', [4200])];
  const two = [...last, ...other].map((it) =>
    it.name === 'site-a' ? { ...it, after: [...it.after, 'site-b'] } : it,
  );
  assert.equal(told(two).order.at(-1), 'site-a');
  assert.equal(told(two, [runs('a', '4200,4300')]).order.at(-1), 'site-b');
});
