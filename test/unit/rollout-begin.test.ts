/** How long an instance waits before it starts again, told by when it began before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

/** The pauses of instances that ran for so many seconds each, and were then started again by systemd or by `hand`. */
const pauses = (runs: readonly (number | string)[], name = 'shop 3700'): string =>
  run(`BEGUN=$root/begun
    sleep() { paused=$1; pass $(($1 * 100)); }
    systemctl() { echo "$restarts"; }
    claim_port() { :; }
    restarts=0
    for ran in 0 ${runs.join(' ')}; do
      case $ran in hand) restarts=0 ;; *) pass $((ran * 100)) ;; esac
      paused=0
      begin_instance ${name} port
      echo "$paused"
      restarts=$((restarts + 1))
    done`)
    .trim()
    .replaceAll('\n', ' ');

test('what ends is started again at once, and ever later where it ends again and again', () => {
  assert.equal(pauses([3000]), '0 0');
  assert.equal(pauses([1, 1, 1, 1, 1, 1, 1, 1]), '0 0 1 2 4 8 10 10 10');
});

test('a database that is late by 150 seconds is found at most ten seconds later', () => {
  let waited = 0;
  for (const pause of pauses(Array.from({ length: 30 }, () => 1)).split(' ')) {
    if (waited >= 150) break;
    waited += Number(pause) + 1;
  }
  assert.ok(waited >= 150 && waited < 161, String(waited));
});

test('what ran for a minute has come up, and starts at once the next time', () => {
  assert.equal(pauses([1, 1, 1, 59, 60, 1, 1]), '0 0 1 2 4 0 1 2');
});

test('who is started by hand, or by a rollout, waits for nothing', () => {
  assert.equal(pauses([1, 1, 1, 'hand', 1, 1]), '0 0 1 2 0 0 1');
});

test('it is noted for each instance, and what is none is not noted', () => {
  assert.equal(
    run(`BEGUN=$root/begun
      claim_port() { echo "claims $*"; }
      begin_instance shop 3700 port; begin_instance mailer 2
      begin_instance shop ../../x; begin_instance '' 1; begin_instance 'a b' 1
      ls "$BEGUN"; ls "$root"`),
    'claims shop 3700\nmailer@2\nshop@3700\nbegun\nclock\netc\nsrv\nstate\nwork\n',
  );
});
