/** A rollout that was ended in whatever way, who waits for one, and what runs as the app runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

const was = 'a'.repeat(64);

/** What is done about a rollout that was ended when `moving` said this. */
const recovered = (moving: string, settings = ''): string[] =>
  run(`printf '${moving}' >"$place/moving"
    printf '%s\\n' r1 me change "rollout${'\t'}shop${'\t'}@type=web" >"$place/order"
    mkdir -p "$home/releases/${was}"
    systemctl() { echo "systemctl $*" | sed /MainPID/d; }
    monit_each() { echo "$1 $2"; }
    nft() { echo "nft $1"; }
    end_hooks() { echo hooks ended; }
    put_generation_back() { echo put back; }
    again=''
    ${settings}
    recover $again
    [ ! -e "$place/moving" ] || echo moving is left
    [ ! -L "$home/current" ] || echo "current $(basename "$(readlink "$home/current")" | cut -c 1)"`)
    .trim()
    .split('\n');

test('an instance on trial goes back, with the files of its generation', () => {
  assert.deepEqual(recovered(`${was}\\n3700\\ntrial\\n`), [
    'hooks ended',
    'put back',
    'systemctl stop shop@3700.socket',
    'systemctl restart shop@3700.service',
    'change rollout shop 3700 was being moved when the rollout was ended',
    'monitor 3700',
    'nft delete',
    'current a',
  ]);
});

test('a rollout that begins keeps the files that were just written for it', () => {
  const lines = recovered(`${was}\\n3700\\ntrial\\n`, 'again=again');
  assert.ok(!lines.includes('put back'));
  assert.ok(lines.includes('systemctl restart shop@3700.service'));
});

test('one of the rest goes back to what current meant, and the files stay', () => {
  const lines = recovered(`${was}\\n3700 3701\\nrest\\n`);
  assert.ok(!lines.includes('put back'));
  assert.equal(lines.filter((line) => line.includes('restart')).length, 2);
});

test('who runs what is gone back to is left alone', () => {
  const lines = recovered(`${was}\\n3700\\nrest\\n`, 'runs_before() { :; }');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('systemctl')),
    [],
  );
});

test('who gave way to an instance that was not proven has its port again', () => {
  const taken = `ss() { echo listens; }
    printf '3700\\tstore\\tstore@3700.service\\n3701\\tstore\\tstore@3701.service\\n' >"$place/taken"`;
  const lines = recovered(`${was}\\n3701\\nrest\\n`, taken);
  assert.deepEqual(
    lines.filter((line) => /^systemctl|again/.test(line)),
    [
      'systemctl stop shop@3701.socket',
      'systemctl stop shop@3701.service',
      'systemctl start store@3701.service',
      'change rollout store 3701: has its port again',
    ],
  );
});

test('before the first release ever there is nothing to go back to', () => {
  const lines = recovered('\\n3700\\ntrial\\n');
  assert.deepEqual(
    lines.filter((line) => /^(systemctl|current)/.test(line)),
    [],
  );
});

test('between two instances only the files go back', () => {
  const lines = recovered(`${was}\\n\\ntrial\\n`);
  assert.deepEqual(lines, ['hooks ended', 'put back', 'monitor ', 'nft delete', 'current a']);
});

test('a manifest waits for a rollout of its own run however long, and for another’s not', () => {
  const script = `LOCK_WAIT=0.1
    sleep() { command sleep "$@"; }
    flock "$STATE/lock" sh -c 'echo "run r1, process 7" >"$0/lock.holder"; sleep 1' "$STATE" &
    until [ -s "$STATE/lock.holder" ]; do sleep 0.02; done
    (run=r2; take_lock; echo taken by r2) || :
    run=r1; take_lock; echo taken by r1`;
  assert.equal(
    run(script),
    'failed: another run holds /state/lock: run r1, process 7; wait for it or end that process\ntaken by r1\n',
  );
});

test('a rollout that goes on is waited for, and named when that takes too long', () => {
  const script = `LOCK_WAIT=0.1; echo 'run r1, process 7' >"$place/holder"; await_rollout; echo free
    flock "$place/lock" sh -c 'touch "$0/held"; sleep 1' "$place" &
    until [ -e "$place/held" ]; do :; done
    (await_rollouts) || :
    LOCK_WAIT=9; await_rollouts; echo free again`;
  assert.equal(
    run(script),
    'free\nfailed: rollout shop: run r1, process 7 still goes on; wait for it, or end it: systemctl stop keelson-rollout-shop\nfree again\n',
  );
});

/** What comes of an order whose unit left these files. */
const reported = (files: string): string =>
  run(`: >"$work/said"; : >"$work/complaints"; recover() { echo recovered; }
    cd "$place"; ${files}
    (report_rollout) && echo well; cat "$work/said"`);

test('what a rollout said is passed on, and how it ended', () => {
  assert.equal(reported("echo 0 >result; echo 'change x' >report"), 'well\nchange x\n');
  assert.equal(
    reported(
      "echo 1 >result; printf 'keelson: rollout shop: 3700 broke\\nits words\\n' >failure; echo said >report",
    ),
    'failed: rollout shop: 3700 broke\nits words\nsaid\n',
  );
  assert.match(
    reported(':'),
    /^recovered\nfailed: rollout shop was ended from outside; run up again/,
  );
  assert.match(
    reported('echo 143 >result'),
    /^recovered\nfailed: rollout shop was ended from outside/,
  );
});

test('a state that is as wanted orders nothing, though a setting changed', () => {
  const item = 'rollout\tshop\tcurrent=x\t3700=current\t@drain=8';
  const script = (state: string) => `line=$(cat); rollout_of() { :; }
    observe_rollout() { cat >/dev/null; printf 'rollout\\tshop\\tcurrent=x\\t3700=${state}\\n'; }
    note_settings() { echo noted; }
    order_the_rollout() { echo "ordered for $2"; }
    report_rollout() { :; }
    apply_rollout "$line" drift`;
  assert.equal(run(script('current'), item), 'noted\n');
  assert.equal(run(script('stopped'), item), 'ordered for drift\n');
});

test('surplus instances are drained, stopped and told in the words of their row', () => {
  const script = `rollout_of() { :; }
    line=$(cat)
    printf 'instances\\tshop\\trunning=3700\\n' >"$STATE/manifests/$manifest"
    observe_instances() { cat >/dev/null; printf 'instances\\tshop\\trunning=3700,3709,odd\\n'; }
    systemctl() { case $1 in is-active) return 1 ;; esac; echo "$*"; }
    nft() { echo "nft $1"; }
    ss() { :; }
    apply_instances "$line" drift`;
  assert.equal(
    run(script, 'instances\tshop\trunning=3700\t@type=web\t@drain=1\t@stop=15'),
    `nft -f
stop shop@3709.service shop@odd.service
reset-failed shop@3709.service shop@odd.service
nft delete
drift instances shop running 3700,3709,odd → 3700
`,
  );
});

const unit = `[Unit]
Description=x
[Service]
Type=exec
User=shop
ExecStart=/usr/bin/node server.js
Environment=PORT=%i
Restart=on-failure
TimeoutStopSec=15s
ProtectSystem=strict
`;

const written = (settings: string): string =>
  run(`goal=${was} ${settings}
    hook_unit 'node check.js' 1.5 KEELSON_INSTANCE=2 | sed "s,$root,,"`);

test('a command runs in the release, in the unit that the app brings for it', () => {
  assert.equal(
    written(`; printf '[Service]\\nUser=shop\\n' >"$root/etc/hook"`),
    `[Service]
User=shop
WorkingDirectory=/srv/releases/${was}
TimeoutStartSec=1.5
ExecStart=/usr/bin/env node check.js
Environment=KEELSON_INSTANCE=2
`,
  );
});

test('of an app of an older helper the unit file of its instances tells', () => {
  assert.match(
    run(`goal=${was}; cat >"$root/etc/unit"; hook_unit 'node x.js' 60 ''`, unit),
    /^\[Unit\]\nDescription=Hook of shop\n\[Service\]\nType=oneshot\nUser=shop\nProtectSystem=strict\nWorkingDirectory=\S+\nTimeoutStartSec=60\nExecStart=\/usr\/bin\/env node x\.js\n$/,
  );
});

test('the hook before runs once for a release that it ran well for', () => {
  const script = `release=${was} before='node migrate.js'
    run_hook() { echo "ran $1: $2"; [ "$well" = yes ]; }
    well=no; prepare_release || echo failed
    well=yes; prepare_release; prepare_release; echo prepared
    before=''; release=other; prepare_release && echo without`;
  assert.equal(
    run(script),
    'ran before: node migrate.js\nfailed\nran before: node migrate.js\nprepared\nwithout\n',
  );
});
