import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentHash } from '../../components/app/environment.ts';
import { renderRollout, rolloutSchema } from '../../components/app/rollout.ts';
import { unitHash } from '../../components/app/service.ts';
import { serverSchema } from '../../components/server/server.ts';
import { find, shop, trixie } from './shop.ts';

const hash = 'a'.repeat(64);

function manifests(given: object = {}) {
  const app = shop(given);
  const server = { name: 'web1', ...serverSchema.parse({ address: 'web1.example.com' }) };
  return renderRollout({ app, server, facts: trixie, secrets: {}, release: { hash } });
}

const item = (given: object = {}) =>
  find(
    manifests(given).flatMap(({ items }) => items),
    'rollout',
    'shop',
  );

test('the rollout of the smallest stack file, to the letter', () => {
  const app = shop();
  assert.deepEqual(item(), {
    kind: 'rollout',
    name: 'shop',
    state: { current: hash, target: 'active', 4190: 'current', 4191: 'current' },
    instructions: {
      '@type': 'web',
      '@listen': 'port',
      '@unit': unitHash(app, trixie),
      '@environment': environmentHash(app, {}),
      '@health': 'http',
      '@host': 'shop.example.com',
      '@path': '/',
      '@status': '200',
      '@text': '',
      '@answers': '3',
      '@drain': '30',
      '@stop': '15',
      '@start': '60',
      '@watch': '2',
      '@batch': '25%',
      '@before': '',
      '@after': '',
      '@hook': '600',
      '@kept': '5',
    },
  });
});

test('the manifest comes after the environment and is a secret; its tools are packages of the base', () => {
  const [base, own] = manifests();
  assert.deepEqual(
    base?.items.map(({ name }) => name),
    ['curl', 'iproute2', 'nftables'],
  );
  const { items, ...rest } = own ?? assert.fail('no manifest');
  assert.deepEqual(rest, {
    name: 'rollout-shop',
    after: ['environment-shop'],
    app: 'shop',
    secret: true,
  });
});

test('static files are the release’s own: another selection of them is another state', () => {
  const files = (paths: object) => item({ static: paths }).state.public ?? '';
  assert.match(files({ '/a': 'a' }), /^a{16}-[0-9a-f]{8}$/);
  assert.notEqual(files({ '/a': 'a' }), files({ '/a': 'b' }));
});

test('a health check asks by a name that the site answers to', () => {
  const host = (...domains: string[]) => item({ domains }).instructions?.['@host'];
  assert.equal(host('default'), 'localhost');
  assert.equal(host('default', '*.example.com'), 'localhost');
  assert.equal(host('default', 'www.example.com'), 'www.example.com');
});

test('what a stack file may say of a rollout arrives on the host', () => {
  const rollout = {
    drain: '5m',
    start: '2m',
    status: 204,
    text: 'all is well',
    answers: 5,
    watch: '0s',
    batch: 4,
    before: ['node', 'migrate.js', '--all'],
    hookTimeout: '1h',
  };
  const { instructions = {} } = item({ rollout, keep: 3, health: '/up?deep=1' });
  const { '@unit': _unit, '@environment': _environment, ...told } = instructions;
  assert.deepEqual(told, {
    '@type': 'web',
    '@listen': 'port',
    '@health': 'http',
    '@stop': '15',
    '@host': 'shop.example.com',
    '@path': '/up?deep=1',
    '@status': '204',
    '@text': 'all is well',
    '@answers': '5',
    '@drain': '300',
    '@start': '120',
    '@watch': '0',
    '@batch': '4',
    '@before': 'node migrate.js --all',
    '@after': '',
    '@hook': '3600',
    '@kept': '3',
  });
});

const refused: [object, RegExp][] = [
  [{ drain: '2h' }, /longer than 1h/],
  [{ start: '0s' }, /shorter than 1s/],
  [{ status: 20 }, /below 100/],
  [{ answers: 0 }, /below 1/],
  [{ batch: '0%' }, /not a percentage/],
  [{ batch: 0 }, /below 1/],
  [{ before: [] }, /is empty; give a command/],
  [{ before: ['sh', '-c', 'x; y'] }, /not a plain argument/],
  [{ text: 'a\tb' }, /not plain text/],
];

for (const [given, message] of refused)
  test(`refused: ${JSON.stringify(given)}`, () => {
    const { error } = rolloutSchema.safeParse(given);
    assert.match(error?.issues.map((issue) => JSON.stringify(issue)).join('\n') ?? '', message);
  });

const otherUnits: [string, object][] = [
  ['memory', { memory: '300M' }],
  ['an argument of Node.js', { nodeArgs: ['--expose-gc'] }],
  [
    'the version of Node.js',
    { node: { version: '24.1.0', path: 'node.tar.gz', sha256: '0'.repeat(64) } },
  ],
];

for (const [what, given] of otherUnits)
  test(`an instance that was started with another ${what} is not current`, () => {
    const [wanted, found] = [item(given), item()].map((it) => it.instructions?.['@unit']);
    assert.notEqual(wanted, found);
  });

test('settings of rollouts, health checks and nginx are no part of what an instance runs', () => {
  const settings = { rollout: { drain: '1s' }, health: '/ready', keep: 9, bodySize: '1M' };
  const [changed, plain] = [item(settings), item()];
  assert.deepEqual(changed.state, plain.state);
  for (const part of ['@unit', '@environment'])
    assert.equal(changed.instructions?.[part], plain.instructions?.[part]);
});
