import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks, workerChecks } from '../../../components/app/checks.ts';
import { context, find, items, lines, mailer, shop, textOf, web1 } from '../shop.ts';

const path = '/etc/monit/keelson.d/shop.conf';
const wanted = (given: object = {}, instances = [3700]) =>
  items(checks.render?.(shop(given), { instances, server: web1() }));
const ofWorker = (given: object = {}) => {
  const app = mailer(given);
  return items(workerChecks.render?.(app, context(app)));
};

const asked = '/etc/monit/keelson.d/shop.health';
const askedWorker = '/etc/monit/keelson.d/mailer.health';
const file = '/etc/monit/keelson.d/mailer.conf';

test('an instance is asked what a rollout asks it, and is given as much time to start', () => {
  const rollout = { status: 204, text: 'a.b+c', start: '10m', timeout: '2s' };
  const all = wanted({ health: '/health?deep=1', rollout });
  assert.deepEqual(lines(textOf(all, path)), [
    'check program shop-3700 with path "/etc/monit/keelson.d/ask shop 3700" with timeout 60 seconds',
    'if status = 4 then alert',
    'if status = 3 for 3 cycles',
    'then exec "/etc/monit/keelson.d/restart shop@3700.service 600" repeat every 1 cycles',
    'if status = 1 for 3 cycles then alert',
  ]);
  const [health] = textOf(all, asked).split('\n');
  assert.equal(
    health,
    'health\tshop\t@health=http\t@host=shop.example.com\t@path=/health?deep=1\t@status=204\t@text=a.b+c\t@answers=3\t@start=600\t@patience=2\t@silence=15',
  );
  assert.equal(find(all, 'file', asked).state.mode, '0600');
});

test('a worker that can be asked is asked, by a conversation or for its file', () => {
  const tcp = { port: 9000, send: 'PING\\r\\n', expect: '+PONG' };
  const all = ofWorker({ healthy: { tcp }, instances: 2 });
  assert.deepEqual(
    lines(textOf(all, file)).filter((line) => /^check|exec/.test(line)),
    [
      'check program mailer-1 with path "/etc/monit/keelson.d/ask mailer 1" with timeout 60 seconds',
      'then exec "/etc/monit/keelson.d/restart mailer@1.service 60" repeat every 1 cycles',
      'check program mailer-2 with path "/etc/monit/keelson.d/ask mailer 2" with timeout 60 seconds',
      'then exec "/etc/monit/keelson.d/restart mailer@2.service 60" repeat every 1 cycles',
    ],
  );
  assert.match(
    textOf(all, askedWorker),
    /^health\tmailer\t@health=tcp\t@port=9000\t@send=PING\\r\\n\t@expect=\+PONG\t@answers=1\t@start=60\t@patience=5\t@silence=15\n/,
  );
  const beating = ofWorker({ healthy: { file: { path: '/tmp/alive', age: '2m' } } });
  assert.match(textOf(beating, askedWorker), /\t@health=file\t@path=\/tmp\/alive\t@age=120\t/);
});

test('a command runs as seldom as is said, in whole rounds of Monit', () => {
  const command = ['node', 'ping.js'];
  const told = (every?: string) =>
    textOf(ofWorker({ healthy: { command, ...(every && { every }) } }), file).match(
      /^\tevery \d+ cycles$/m,
    )?.[0];
  assert.equal(told(), '\tevery 6 cycles');
  assert.equal(told('1h'), '\tevery 360 cycles');
  assert.equal(told('10s'), undefined);
  const all = ofWorker({ healthy: { command, timeout: '20s' } });
  assert.match(
    textOf(all, askedWorker),
    /@command=node ping\.js\t@start=60\t@patience=20\t@silence=15\n/,
  );
});

test('who is asked nothing is not started again for it', () => {
  assert.deepEqual(lines(textOf(ofWorker(), file)), [
    'check program mailer-1 with path "/etc/monit/keelson.d/ask mailer 1" with timeout 60 seconds',
    'if status = 1 for 3 cycles then alert',
  ]);
});

test('limits follow, first that of the memory which an instance may use', () => {
  const limits = {
    memory: { above: '800M', for: '10m', do: 'restart' },
    eventLoop: { above: '200ms' },
  };
  const [, ...told] = textOf(wanted({ memory: '2G', limits }), asked)
    .trimEnd()
    .split('\n');
  assert.deepEqual(told, [
    'limit allowed 2048 0 restart',
    'limit memory 800 600 restart',
    'limit eventLoop 200 300 alert',
  ]);
});

test('each check in the file is watched for, so that one that gave up is drift', () => {
  const all = wanted({}, [3700, 3701]);
  const inFile = [...textOf(all, path).matchAll(/^check program (\S+)/gm)].map(([, name]) => name);
  const watched = all.filter(({ kind }) => kind === 'monitor').map(({ name }) => name);
  assert.deepEqual(inFile, ['shop-3700', 'shop-3701']);
  assert.deepEqual(watched, inFile);
});

test('the file is root’s alone, and Monit reads it before it takes effect', () => {
  const { state, instructions } = find(wanted(), 'file', path);
  assert.deepEqual([state.owner, state.mode], ['root', '0600']);
  assert.deepEqual(instructions, { '@check': 'monit' });
});
