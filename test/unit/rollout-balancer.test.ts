/** How a rollout takes its server out of its load balancers and puts it back; moves and time are stand-ins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

/** A line of nginx's access log, as load balancers leave one. */
const asked = (request: string, status: number): string =>
  `10.0.0.9 - - [28/Nov/2026:10:00:00 +0000] "${request} HTTP/1.1" ${status} 0 "-" "ELB-HealthChecker/2.0"`;
const told = asked('GET /keelson-health/shop', 503);

/** Two instances, of which these do not run, move one after another; `during` is done while the server leaves. */
const rolled = (
  down: string,
  during = `echo '${told}' >>"$(access_log)"`,
  settings = '',
): string[] =>
  run(`keys='3700 3701' found_down='${down}' leave=22 rejoin=32 single=no
    echo '${told}' >"$(access_log)"
    : >"$(health_file)"
    at() { read_clock; echo "$1 at $((clock / 100)) s, $([ -e "$LEAVING.shop" ] && echo leaving || echo there)"; }
    sleep() { pass 50; read -r passed <"$clock_file"; [ "$passed" != 1000 ] || { ${during}; }; }
    ${settings}
    for key in $keys; do leave_balancers "$key"; at "move $key"; done
    rejoin_balancers
    at end`)
    .trim()
    .split('\n');

const left = 'change rollout shop: left its load balancers, which took 22 s to notice';
const back = 'change rollout shop: is in its load balancers again, which took 32 s to notice';

test('a server leaves once, before its first instance, and is waited for when it is back', () => {
  assert.deepEqual(rolled(''), [
    left,
    'move 3700 at 22 s, leaving',
    'move 3701 at 22 s, leaving',
    back,
    'end at 54 s, there',
  ]);
});

test('how many are moved at once outlasts that a server leaves', () => {
  const moves = run(`found_down='' leave=22 single=no release=b
    : >"$(health_file)"
    still_up() { :; }
    move() { leave_balancers "$2"; echo "move $2"; }
    echo '${told}' >"$(access_log)"
    roll_batches 1 '3700 3701 3702'
    has_left=''
    restart_batches 1 '3700 3701 3702'`);
  const one = ['move 3700', 'move 3701', 'move 3702'];
  assert.deepEqual(
    moves.split('\n').filter((line) => line.startsWith('move')),
    [...one, ...one],
  );
});

test('what serves nobody moves before that', () => {
  assert.deepEqual(rolled('3700'), [
    'move 3700 at 0 s, there',
    left,
    'move 3701 at 22 s, leaving',
    back,
    'end at 54 s, there',
  ]);
});

test('one of which nothing ran had left by itself, and is waited for', () => {
  assert.deepEqual(rolled('3700 3701'), [
    'move 3700 at 0 s, there',
    'move 3701 at 0 s, there',
    back,
    'end at 32 s, there',
  ]);
});

test('the one instance that comes to another port leaves as well', () => {
  const lines = rolled('3700 3701', undefined, 'predecessor=4000');
  assert.deepEqual(lines.slice(0, 2), [left, 'move 3700 at 22 s, leaving']);
});

test('nobody is told where no load balancer is named, or the site cannot say it yet', () => {
  const unmoved = ['move 3700 at 0 s, there', 'move 3701 at 0 s, there', 'end at 0 s, there'];
  assert.deepEqual(rolled('', ':', 'leave=0 rejoin=0'), unmoved);
  assert.deepEqual(rolled('', ':', 'rm "$(health_file)"'), unmoved);
  assert.deepEqual(rolled('3700 3701', ':', 'rm "$(health_file)"'), unmoved);
});

test('it is said when no load balancer asked meanwhile', () => {
  const warning =
    'warn rollout shop: no load balancer has asked for /keelson-health/shop in 22 s; they may go on to send requests here';
  const others = [
    asked('GET /keelson-health/shop', 200),
    asked('GET /keelson-health/shop2', 503),
    asked('GET /?/keelson-health/shop', 503),
    `10.0.0.9 - - [28/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 0 "-" "GET /keelson-health/shop HTTP/1.1" 503 "`,
  ];
  for (const line of others)
    assert.equal(rolled('', `echo '${line}' >>"$(access_log)"`)[1], warning, line);
  assert.equal(rolled('', ':')[1], warning);
  // What was asked may lie in the log of before.
  assert.equal(rolled('', ': >"$(access_log)"')[1], 'move 3700 at 22 s, leaving');
});

test('a rollout that was ended in whatever way puts the server back', () => {
  const script = `: >"$LEAVING.shop"; : >"$LEAVING.blog"
    systemctl() { :; }; end_hooks() { :; }; open_ports() { :; }
    recover
    ls "$root" | grep leaving`;
  assert.equal(run(script), 'leaving.blog\n');
});

/** When the one instance is told to end, of which a connection is open for six seconds. */
const alone = (settings: string): string =>
  run(`type=web listen=port single=yes found_down='' drain=8 ${settings}
    is_queued() { return 1; }
    refuse_ports() { echo refused; }
    count_open() { : >"$work/open"; read_clock; [ "$clock" -ge 600 ] || echo open >"$work/open"; }
    take_out 3700
    read_clock; echo "out at $((clock / 100)) s with $(wc -l <"$work/open") open"`);

test('with its server out, what one alone has open may end by itself, and nothing is refused', () => {
  assert.equal(alone(''), 'out at 0 s with 1 open\n');
  assert.equal(alone('has_left=yes'), 'out at 6 s with 0 open\n');
  assert.equal(alone('has_left=yes drain=2'), 'out at 2 s with 1 open\n');
});
