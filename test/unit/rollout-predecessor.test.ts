/** An app that runs alone and comes to another port: two of it at once would write one file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

/** Who comes before 3700, where these units of the app run. */
const predecessor = (running: string, observed: string, settings = ''): string =>
  run(
    `systemctl() { case $1 in list-units) cat "$root/running" ;; esac; }
    cat >"$root/running"
    type=web keys=3700 goers='' seen="rollout\tshop\t3700=${observed}" observation=$seen
    ${settings}
    sort_instances
    printf '%s\n' "$predecessor"`,
    running,
  ).trim();

const unit = (name: string) => `${name}.service loaded active running ${name}\n`;

test('the one instance that runs at another port ends before the wanted one starts', () => {
  assert.equal(predecessor(unit('shop@4190'), 'stopped'), '4190');
  assert.equal(predecessor(unit('shop@4190'), 'failed'), '4190');
});

test('nobody ends before others that run beside each other, nor before one that runs', () => {
  for (const [running, observed, settings] of [
    ['', 'stopped', ''],
    [unit('shop@4190') + unit('shop@4191'), 'stopped', ''],
    [unit('shop@3700') + unit('shop@4190'), 'release x', ''],
    [unit('shop@3700'), 'restarting', ''],
    [unit('shop@odd'), 'stopped', ''],
    [unit('shop@4190'), 'stopped', 'type=worker'],
    [
      unit('shop@4190'),
      'stopped',
      'keys=\'3700 3701\' seen="$seen\t3701=stopped" observation=$seen',
    ],
  ] as const)
    assert.equal(
      predecessor(running, observed, settings),
      '',
      `${running} ${observed} ${settings}`,
    );
});

const moving = (settings: string): string[] =>
  run(`line='' observation="rollout\tshop\t3700=stopped" seen=$observation current=${'a'.repeat(64)} stage=trial moved=''
    read_settings "$(printf 'rollout\\tshop\\t@type=web')"; drain=8 keys=3700 single=yes returning=no old=$current
    goers='' up='' down=3700 found_down=3700 takes='' predecessor=4190 given_back=''
    mkdir -p "$home/releases"
    say() { echo "$2"; }
    systemctl() { case $* in is-active*service) ;; is-active*) return 1 ;; *) echo "$*" | grep -v reset-failed || : ;; esac; }
    ask_monit() { echo "$*" >>"$root/monit"; }
    monit_each() { :; }
    ss() { case $* in *established*) echo '0 0 127.0.0.1:4190 127.0.0.1:9' ;; *) echo listens ;; esac; }
    port_holders() { :; }
    await_health() { echo await; read_clock; answered_at=$clock; }
    collect_evidence() { :; }
    : >"$root/monit"
    ${settings}
    sed 's/^/monit: /' "$root/monit"`)
    .trim()
    .split('\n');

test('what it answers then is told, and Monit does not start it again', () => {
  assert.deepEqual(moving(`move ${'b'.repeat(64)} 3700`), [
    'stop shop@3700.service',
    'rollout shop 4190: 1 connection open, which the app is told to end',
    'stop shop@4190.service',
    'rollout shop 4190: ends before 3700 starts, for it is one alone',
    'start shop@3700.service',
    'await',
    'rollout shop 3700 stopped → current in 0.0 s',
    'monit: unmonitor shop-4190',
  ]);
});

test('one that ends again and again ends as well, and does not come back beside the new one', () => {
  const pausing = `systemctl() { case $* in is-active*) return 3 ;; *) echo "$*" | grep -v reset-failed || : ;; esac; }
    move ${'b'.repeat(64)} 3700`;
  const lines = moving(pausing);
  assert.ok(lines.indexOf('stop shop@4190.service') > 0, lines.join('\n'));
  assert.ok(lines.indexOf('stop shop@4190.service') < lines.indexOf('start shop@3700.service'));
});

test('when the new one fails, the one of before runs again, at its own port', () => {
  const lines = moving(`await_health() { reason=broke; return 1; }
    move ${'b'.repeat(64)} 3700 || { failed_ones=3700; return_instances 3700; }`);
  assert.deepEqual(lines.slice(-8), [
    ...['start shop@3700.service', 'stop shop@3700.service'],
    ...['stop shop@3700.socket', 'stop shop@3700.service'],
    ...['start shop@4190.service', 'rollout shop 4190: runs again'],
    ...['monit: unmonitor shop-4190', 'monit: monitor shop-4190'],
  ]);
});

test('a rollout that was ended by force brings back the one of before, and no other', () => {
  const lines = moving(`put_generation_back() { :; }
    end_hooks() { :; }
    printf '3700\\tshop\\tshop@4190.service\\n' >"$place/taken"
    printf '%s\\n3700\\nrest\\n' "$current" >"$place/moving"
    recover`);
  assert.ok(lines.includes('start shop@4190.service'), lines.join('\n'));
  assert.ok(!lines.some((line) => line.includes('restart')), lines.join('\n'));
});
