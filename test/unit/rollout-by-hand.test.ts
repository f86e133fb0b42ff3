/** What an operator asks of an app on a host: to start it anew, to go back, to be told what is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

const [first, second] = ['a'.repeat(64), 'b'.repeat(64)];

/** Restarts what is seen, where a move of `fails` fails. */
const restarted = (seen: Record<string, string>, more = ''): string =>
  run(`keys='${Object.keys(seen).join(' ')}' release=${first} batch=50%
    observation="$(printf 'rollout\\tshop${Object.entries(seen)
      .map(([key, state]) => `\\t${key}=${state}`)
      .join('')}')"
    move() { echo "move $2"; moving=$2 key=$2 reason='exited with status 1' evidence=said
      case $2 in "\${fails:-}") return 1 ;; esac; moved="\${moved:+$moved }$2"; }
    open_ports() { echo open; }
    monit_each() { echo "$1 $2"; }
    rejoin_balancers() { echo rejoin; }
    ${more}
    restart_all`);

test('what serves nobody is started at once, then one is started anew, and the others in batches', () => {
  assert.equal(
    restarted({
      3700: 'current',
      3701: 'failed',
      3702: 'older unit',
      3703: 'stopped',
      3704: 'current',
    }),
    'move 3701 3703\nmove 3700\nmove 3702 3704\nrejoin\n',
  );
});

test('where one does not come up the others stay as they are, and it is Monit’s again', () => {
  assert.equal(
    restarted({ 3700: 'current', 3701: 'current', 3702: 'current' }, 'fails=3700'),
    'move 3700\nopen\nmonitor 3700\nfailed: restart shop: 3700 exited with status 1; not restarted: 3701 3702\nsaid\n',
  );
});

test('of several that are started at once, the one that failed is named', () => {
  assert.match(
    run(`keys='3700 3701 3702' moving='3700 3701' moved='' key=3700 reason=broke evidence=said
      : >"$STATE/manifests/site-shop"
      ask_monit() { :; }
      end_restart`),
    /^failed: restart shop: 3700 broke; not restarted: 3702/,
  );
});

test('members follow the app, each by itself', () => {
  const seen = { 3700: 'current', 3701: 'current', 'mail@1': 'stopped', 'mail@2': 'current' };
  assert.equal(
    restarted({ ...seen, 'index@1': 'current' }, "members='mail index'"),
    'move mail@1\nmove 3700\nmove 3701\nmove mail@2\nmove index@1\nrejoin\n',
  );
  assert.match(
    restarted({ 3700: 'current', 'mail@1': 'masked' }, 'members=mail'),
    /^failed: restart shop: shop-mail@1\.service is masked; run pulumi up/,
  );
});

test('what somebody masked is not started', () => {
  assert.match(
    restarted({ 3700: 'masked' }),
    /^failed: restart shop: shop@3700\.service is masked; run pulumi up/,
  );
});

const item = (more = '') =>
  `good_item="$(printf 'rollout\\tshop\\tcurrent=${first}${more}\\t@unit=1\\t3700=current')"`;

test('the item of a kept release is that of today with another release, and its copy of the static files', () => {
  assert.equal(
    run(`${item()}; item_of_release ${second}`),
    `rollout\tshop\tcurrent=${second}\t@unit=1\t3700=current\n`,
  );
  const copy = `${second.slice(0, 16)}-12ab`;
  assert.equal(
    run(
      `${item('\\tpublic=aaaaaaaaaaaaaaaa-12ab')}; mkdir -p "$home/public/${copy}"; item_of_release ${second}`,
    ),
    `rollout\tshop\tcurrent=${second}\tpublic=${copy}\t@unit=1\t3700=current\n`,
  );
  assert.match(
    run(`${item('\\tpublic=aaaaaaaaaaaaaaaa-12ab')}; item_of_release ${second}`),
    /^failed: shop: bbbbbbbb was kept with other static directories; set release in the stack file/,
  );
});

/** With two releases that are kept; an operator's words go through the whole of it but the rollout itself. */
const kept = (script: string): string =>
  run(`rollout_of() { :; }; take_lock() { :; }; follow_order() { echo "$1" | tr '\\t' ' '; }
    list_releases() { printf '200.5 ${second}\\n100.5 ${first}\\n'; }
    printf 'rollout\\tshop\\tcurrent=${second}\\n' >"$STATE/manifests/rollout-shop"
    ${script}`);

test('a release is found by its first digits', () => {
  assert.equal(kept('go_back_by_hand shop aa'), `rollout shop current=${first}\n`);
  assert.match(kept('go_back_by_hand shop c'), /^failed: shop: no release c is kept here/);
  assert.match(kept("go_back_by_hand shop 'x;y'"), /^failed: "x;y" is not a release/);
  assert.match(kept("go_back_by_hand '../x' a"), /^failed: "\.\.\/x" is not the name of an app/);
  assert.match(
    kept("list_releases() { printf '1 ab\\n2 ac\\n'; }; go_back_by_hand shop a"),
    /^failed: shop: several releases begin with a/,
  );
});

test('an app that was never rolled out is refused', () => {
  assert.match(
    kept('rm "$STATE/manifests/rollout-shop"; restart_by_hand shop'),
    /^failed: shop: nothing of it was rolled out here; run pulumi up/,
  );
});

test('a restart is a rollout of what was proven last', () => {
  assert.equal(kept('restart_by_hand shop'), `rollout shop current=${second} @anew=yes\n`);
});

test('what has no instances is not started anew, and says so', () => {
  const of = (type: string) =>
    kept(`printf 'rollout\\tshop\\tcurrent=${second}\\t@type=${type}\\n' >"$STATE/manifests/rollout-shop"
      restart_by_hand shop`);
  assert.equal(
    of('static'),
    'failed: shop: is static, and nothing of it runs: nginx reads its files\n',
  );
  assert.equal(
    of('job'),
    'failed: shop: is a job, and nothing of it runs in between; run it now: keelson run shop\n',
  );
});

test('which releases are kept, since when one is current, and whose doing that was', () => {
  assert.equal(
    kept(`ln -sfn "$home/releases/${first}" "$home/current"
      note_current ${first} 'admin from 192.0.2.7'; note_current ${first} ops
      sed -i 's/^[0-9]*/42/' "$place/history"; echo ${second} >"$place/failed"
      print_kept shop`),
    `${second}\tfailed\t200\t\t\n${first}\tcurrent\t100\t42\tops\n`,
  );
});

test('of who made what current the last hundred are known', () => {
  const script = 'for i in $(seq 103); do note_current $i ops; done; cut -f 2 "$place/history"';
  assert.equal(run(script), `${Array.from({ length: 100 }, (_, i) => i + 4).join('\n')}\n`);
});
