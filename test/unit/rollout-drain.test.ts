/** What ends at a port that nginx was told to leave: requests that are still on their way to it come first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

/** What happens to 4190, of an app that asks for these ports, while an old worker of nginx goes on for so long. */
const ended = (wanted: string, applied: string, settings = ''): string =>
  run(
    `printf 'instances\tshop\trunning=${applied}\t@type=web\n' >"$STATE/manifests/site-shop"
    manifest=site-shop type=web single=no drain=5 surplus=4190 running=4190,3700 wanted_ones=${wanted} old_until=200
    has_old_workers() { read_clock && [ "$clock" -lt "$old_until" ]; }
    is_queued() { return 1; }
    refuse_ports() { read_clock && echo "refused at $clock"; }
    count_open() { echo open >"$work/open" && read_clock && [ "$clock" -lt 100000 ]; }
    say_open() { :; }
    ${settings}
    end_surplus change
    read_clock && echo "ended at $clock"`,
  );

test('where nginx asked none of the wanted before, its old workers end first, as a part of the drain', () => {
  assert.match(ended('3700', '4190'), /^refused at 200\n.*\nended at 500\n$/);
  assert.match(ended('3700', '4190', 'old_until=9000'), /^refused at 500\n.*\nended at 500\n$/);
});

test('what one that stays gets instead is refused at once', () => {
  assert.match(ended('3700', '3700,4190'), /^refused at 0\n.*\nended at 500\n$/);
  assert.match(ended('3700', '4190', 'type=worker'), /^change .*\nended at 0\n$/);
});

test('Monit looks away from what is moved, also from members', () => {
  const script = `touch "$STATE/manifests/site-shop"; ask_monit() { echo "$*" >>"$root/told"; }
    monit_each unmonitor '3700 3701'; monit_each monitor 'mail@1 mail@2'; cat "$root/told"`;
  assert.deepEqual(run(script).trim().split('\n'), [
    ...['unmonitor shop-3700', 'unmonitor shop-3701', 'monitor shop-mail-1', 'monitor shop-mail-2'],
  ]);
});

/** What nft is given to refuse the ports of an app that listens so. */
const refused = (listen: string): string =>
  run(
    `type=tcp single=no listen=${listen} drain=5 stop=5 start=5 table=keelson_drain_chat app=chat
    nft() { cat; }
    refuse_ports '3800 3801'`,
  );

test('where the network asks the instances themselves, it is refused as well', () => {
  const rule = 'add rule inet keelson_drain_chat';
  const local = `${rule} output oifname lo meta skuid != 0 tcp dport @ports tcp flags syn / syn,ack reject with tcp reset`;
  const network = `${rule} input iifname != lo tcp dport @ports tcp flags syn / syn,ack reject with tcp reset`;
  const rules = (listen: string) =>
    refused(listen)
      .split('\n')
      .filter((line) => line.startsWith(rule));
  assert.deepEqual(rules('public'), [local, network]);
  assert.deepEqual(rules('port'), [local]);
});

test('an old worker is a child of nginx whose title says so', () => {
  const told = (title: string): string =>
    run(
      `sh -c 'kill -STOP $$' '${title}' & child=$!
      stamp_process() { workers="99999999 $child"; }
      tries=0
      until grep -q "^State:.T" "/proc/$child/status" || [ "$tries" -gt 999 ]; do tries=$((tries + 1)); done
      has_old_workers && echo old || echo none
      kill -KILL "$child"`,
    ).trim();
  assert.equal(told('nginx: worker process is shutting down'), 'old');
  assert.equal(told('nginx: worker process'), 'none');
});
