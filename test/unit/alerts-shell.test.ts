/** The helper's verb `alert`, run with dash as Debian does; what it writes is read back from a memory of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environment } from '../../components/app/environment.ts';
import { hostShell } from './host-shell.ts';
import { context, items, shop, textOf } from './shop.ts';

const secrets = {
  DATABASE_URL: 'postgres://shop:p%40ss-word@db/shop',
  KEY: '-----BEGIN KEY-----\nMIIEow"IBA$AKC`A\\QE\n-----END KEY-----',
  PIN: '1234',
  PLAIN: 'hunter2 & co',
};

/** The app's files, as the kit writes them, and channels, in the places where the helper is told to look. */
const rendered = items(environment.render?.(shop(), context(shop(), { secrets })));
const memory = {
  'etc/shop/environment': textOf(rendered, '/etc/keelson/shop/environment'),
  'etc/shop/secrets': textOf(rendered, '/etc/keelson/shop/secrets'),
  'channels/slack': 'type=slack\nsecret.slack=https://hooks.example.com/T0/B0/abcdef\n',
  'manifests/rollout-shop': 'keelson 1 rollout-shop\n',
};

/** logger(1) is left out, which would write to the journal of the machine of the tests. */
const start = `
APPS_CONFIG=$STATE/etc CHANNELS=$STATE/channels DROP=$STATE/drop ALERTS=$STATE/alerts WATCHED=$STATE/watched
logger() { printf '%s\\n' "$*" >>"$STATE/journal"; }
files() { for one in "$DROP"/*; do [ ! -f "$one" ] || cat "$one"; done; }
`;
const at = (lines: string, input: string | Buffer = '', more: object = {}) =>
  hostShell(`${start}${lines}`, { memory: { ...memory, ...more }, input });
/** The text of the one alert that was dropped. */
const told = (lines: string, input: string | Buffer = '') =>
  at(`${lines}; files`, input).split('\n').slice(3).join('\n').trim();

test('an alert is one line in the journal, and a file for who sends it', () => {
  const [journal, event, subject, time, ...text] = at(
    'alert failed shop@4190 "exited with status 1"; cat "$STATE/journal"; files',
    'first line\n\n\u001b[31msecond\u001b[0m\r\n',
  ).split('\n');
  assert.equal(
    journal,
    '-t keelson-alert -p daemon.warning -- failed shop@4190: exited with status 1',
  );
  assert.deepEqual([event, subject], ['failed', 'shop@4190']);
  assert.match(time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(text, ['exited with status 1', 'first line', 'second', '']);
});

test('without channels there is the line in the journal alone', () => {
  const said = at('rm -r "$CHANNELS"; alert job shop failed; cat "$STATE/journal"; files');
  assert.equal(said, '-t keelson-alert -p daemon.warning -- job shop: failed\n');
});

test('whatever it is called with, and wherever it cannot write, it ends with 0 and says nothing', () => {
  for (const call of ['alert', 'alert odd', "alert '' ''", 'DROP=/proc/nowhere; alert unit a b'])
    assert.equal(at(`${call}; echo "ended with $?"`), 'ended with 0\n', call);
  assert.match(at('alert odd x; files'), /^unit\nx\n/);
});

test('secrets are cut out of what an app said: whole, in lines, in URLs, but not short ones', () => {
  const cases: [string, string][] = [
    ['at postgres://shop:p%40ss-word@db/shop:', 'at [secret DATABASE_URL]:'],
    ['password p%40ss-word is wrong', 'password [secret DATABASE_URL] is wrong'],
    ['MIIEow"IBA$AKC`A\\QE', '[secret KEY]'],
    ['hunter2 & co, hunter2 & co', '[secret PLAIN], [secret PLAIN]'],
    ['?p=hunter2%20%26%20co', '?p=[secret PLAIN]'],
    ['https://hooks.example.com/T0/B0/abcdef', '[secret slack]'],
    ['1234 of NODE_ENV production', '1234 of NODE_ENV production'],
  ];
  for (const [said, cut] of cases)
    assert.equal(told('alert failed shop@4190 x', said), `x\n${cut}`);
  // Another app's are not known to be its own.
  assert.equal(told('alert failed blog@1 x', 'hunter2 & co'), 'x\nhunter2 & co');
  assert.equal(told('alert job shop-clean x', 'hunter2 & co'), 'x\n[secret PLAIN]');
});

test('so are credentials, which stand in no environment', () => {
  const more = {
    'etc/credentials.d/shop/SIGNING': 'line one of it\nline two of it',
    'etc/credentials.d/blog/OTHER': 'of another app',
  };
  const said = 'line two of it and line one of it, hunter2 & co, of another app';
  assert.equal(
    at('alert failed shop@4190 x; files', said, more).split('\n')[4],
    '[secret SIGNING] and [secret SIGNING], [secret PLAIN], of another app',
  );
});

test('a text is bounded, and whole characters of UTF-8', () => {
  const said = Buffer.concat([Buffer.from([0xff]), Buffer.from('ü'.repeat(40_000))]);
  const text = told('alert failed shop x', said);
  assert.ok(Buffer.byteLength(text) <= 3000, `${text.length}`);
  assert.match(text, /^x\n[^\uFFFD]*ü$/);
});

test('what waits in memory is bounded, and what was left out is counted', () => {
  const said = at(
    'DROP_LIMIT=3; for i in 1 2 3 4 5; do alert unit $i; done; ls "$DROP" | wc -l; wc -c <"$DROP/.dropped"',
  );
  assert.deepEqual(said.trim().split(/\s+/), ['3', '2']);
});

test('nobody is told while it is silent, whatever the clock says, nor of what a rollout does', () => {
  const count = (lines: string) => at(`${lines}; files | wc -l`).trim();
  const silent = (seconds: number) =>
    `mkdir "$ALERTS"; echo $(($(date +%s) + ${seconds})) >"$ALERTS/silent"`;
  assert.equal(count(`${silent(60)}; alert unit a`), '0');
  assert.notEqual(count(`${silent(-1)}; alert unit a`), '0');
  assert.notEqual(count(`${silent(10_000_000)}; alert unit a`), '0');
  const rollout = 'mkdir -p "$STATE/rollouts/shop"; exec 7>"$STATE/rollouts/shop/lock"; flock -n 7';
  assert.equal(count(`${rollout}; alert failed shop@4190`), '0');
  assert.equal(count(`${rollout}; alert recovered shop-mail@1`), '0');
  assert.notEqual(count(`${rollout}; alert rollout-failed shop`), '0');
  assert.notEqual(count(`${rollout}; alert failed blog@1`), '0');
  // Another one that looks whether there is a rollout is none.
  assert.notEqual(count(`${rollout.replace('-n', '-s')}; alert failed shop@4190`), '0');
});

/** systemd's answers, which a machine of tests has none of. */
const systemd = (shown: string, said = 'its last line') => `
systemctl() { printf '${shown}'; }
timeout() { shift; "$@"; }
journalctl() { case "$*" in *-u*) printf '${said}\\n' ;; esac; }
`;

test('a unit that failed is told as what it is, with how it ended and what it said', () => {
  const cases: [unit: string, shown: string, told: string[]][] = [
    [
      'shop@4190.service',
      'Result=exit-code\\nExecMainStatus=7\\n',
      ['failed', 'shop@4190', 'exited with status 7'],
    ],
    [
      'shop-mail@1.service',
      'Result=start-limit-hit\\nNRestarts=40\\n',
      ['failed', 'shop-mail@1', 'ended again and again, 40 times, and is started no more'],
    ],
    [
      'shop-other.service',
      'Result=oom-kill\\n',
      ['unit', 'shop-other.service', 'took more memory than it may'],
    ],
    [
      'nginx.service',
      'Result=signal\\nExecMainStatus=9\\n',
      ['unit', 'nginx.service', 'was ended by signal 9'],
    ],
    [
      'user@1000.service',
      'Result=timeout\\n',
      ['unit', 'user@1000.service', 'was not done in time'],
    ],
    ['odd.service', '', ['unit', 'odd.service', 'failed']],
  ];
  for (const [unit, shown, [event, subject, how]] of cases) {
    const lines = at(`${systemd(shown)}tell_failed ${unit}; files`).split('\n');
    assert.deepEqual(
      [lines[0], lines[1], ...lines.slice(3, 5)],
      [event, subject, how, 'its last line'],
    );
  }
});

test('what systemd has given up on is told once, for as long as it is not well, and again after six hours', () => {
  const failed = 'tell_failed shop@4190.service';
  const count = (lines: string) =>
    at(
      `${systemd('Result=start-limit-hit\\nNRestarts=40\\n')}${lines}; files | grep -c '^failed$' || :`,
    ).trim();
  assert.equal(count(`${failed}; ${failed}`), '1');
  assert.equal(count(`${failed}; tell_failed shop@4191.service`), '2');
  const mark = '"$WATCHED/shop@4190/failed"';
  assert.equal(count(`${failed}; touch -d '7 hours ago' ${mark}; ${failed}`), '2');
  // Of what nobody was told in a rollout, somebody is told after it.
  const rollout = 'mkdir -p "$STATE/rollouts/shop"; exec 7>"$STATE/rollouts/shop/lock"; flock -n 7';
  assert.equal(count(`${rollout}; ${failed}; exec 7>&-; ${failed}`), '1');
});

test('a job is told as one, also one that has no timer', () => {
  const memoryOf = {
    'units/shop-clean.service': '# One run of the job shop-clean. Managed by Keelson.\n',
  };
  const lines = at(
    `${systemd('Result=exit-code\\nExecMainStatus=1\\n')}OWN_UNITS=$STATE/units; tell_failed shop-clean.service; files`,
    '',
    memoryOf,
  ).split('\n');
  assert.deepEqual(lines.slice(0, 2), ['job', 'shop-clean']);
});

test('a log file is that of the instance, or of the job', () => {
  const files: [name: string, file: string][] = [
    ['shop@4190', '4190.log'],
    ['shop-mail@1', 'mail@1.log'],
    ['shop-clean', 'clean.log'],
    ['shop', 'job.log'],
  ];
  for (const [name, file] of files)
    assert.equal(at(`known_app=shop name=${name}; log_file_of`), `/var/log/shop/${file}`);
});

test('what tells of itself is not told of as a unit', () => {
  for (const unit of [
    ...['keelson-failed@a.service.service', 'keelson-alert.service', 'keelson_before.shop.service'],
  ])
    assert.equal(at(`${systemd('')}tell_failed ${unit}; files`), '', unit);
  const rollout = 'tell_failed keelson-rollout-shop.service; files';
  assert.match(at(rollout), /^rollout-failed\nshop\n.*\nit was ended from outside\n/);
  assert.equal(at(rollout, '', { 'rollouts/shop/result': '1\n' }), '');
});

test('a rollout tells that it failed, and that another release came, and nothing of one that moved none', () => {
  const rollout = (status: number, lines: string) =>
    at(
      `app=shop place=$STATE/rollouts/shop by=ops release=${'b'.repeat(64)}\n${lines}\ntell_rollout ${status}; files`,
      '',
      {
        'rollouts/shop/failure': 'keelson: rollout shop: 4190 exited\n    | Error: hunter2 & co\n',
      },
    )
      .split('\n')
      .toSpliced(2, 1)
      .filter(Boolean);
  assert.deepEqual(rollout(1, ''), [
    ...['rollout-failed', 'shop', 'by ops:', 'rollout shop: 4190 exited'],
    '    | Error: [secret PLAIN]',
  ]);
  assert.deepEqual(rollout(0, `came_from=${'a'.repeat(64)}`), [
    ...['rollout', 'shop', 'aaaaaaaa → bbbbbbbb, by ops'],
  ]);
  assert.deepEqual(rollout(0, ''), ['rollout', 'shop', 'none → bbbbbbbb, by ops']);
  assert.deepEqual(rollout(0, 'came_from=$release'), []);
});

test('certificates that end soon are told, and one that has ended', () => {
  const said = at(`STATUS_CACHE=$STATE/cache
    refresh_certificates() {
      for days in -1 3 15; do
        printf '%s\\t/etc/ssl/%s.pem\\n' "$(date -d "$days days 1 hour" +%s)" "$days"
      done >"$STATUS_CACHE/certificates"
    }
    tell_certificates; cat "$STATE/journal"`);
  const [ended, soon, ...more] = said.trim().split('\n');
  assert.match(ended ?? '', /certificate \/etc\/ssl\/-1\.pem: has ended on \d{4}-\d\d-\d\d$/);
  assert.match(soon ?? '', /certificate \/etc\/ssl\/3\.pem: ends in 3 days, on \d{4}-\d\d-\d\d$/);
  assert.deepEqual(more, []);
});
