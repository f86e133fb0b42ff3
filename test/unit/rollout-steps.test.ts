/** Which instances move when, and what comes of a failure; the moving itself is written down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

const [was, now] = ['a'.repeat(64), 'b'.repeat(64)];

/**
 * Rolls out `now` where `observed` runs. A move that is not to work is named in `broken`, as
 * `RELEASE-DIGIT:INSTANCES`.
 */
function rolled(observed: Record<string, string>, settings = ''): string[] {
  const seen = Object.entries(observed).map(([key, state]) => `\t${key}=${state}`);
  const keys = Object.keys(observed);
  const item = `rollout\tshop\tcurrent=${now}\ttarget=active${keys.map((key) => `\t${key}=current`).join('')}\t@unit=u\t@environment=e\t@drain=0\t@batch=50%\t@watch=2`;
  return run(
    `line=$(cat)
    observation="rollout${'\t'}shop${'\t'}current=${was}${'\t'}target=active${seen.join('')}" seen=$observation
    read_line "$line"
    broken='' hook=good current=${was} old=${was} old_public='' changed=yes
    mkdir -p "$home/releases/${was}" "$home/releases/${now}"
    ${settings}
    evidence='its last words' 
    note_next() { echo note next; }
    make_good() { echo make good; }
    put_generation_back() { echo put back; }
    read_good_settings() { :; }
    remove_old_releases() { :; }
    run_hook() { echo "hook $1"; reason='the hook failed'; [ "$hook" = good ]; }
    still_up() { [ -z "\${later:-}" ] || [ -z "$moved" ] || { key=\${moved%% *} reason='ended later' && return 1; }; }
    watch_instance() { echo "watch $1"; [ "\${watched:-good}" = good ] || { key=$1 reason='went bad' && return 1; }; }
    move() { moving=$2 goal=$1; echo "move $2 to $(printf %.1s "$1")$([ "$stage" != trial ] || echo ', on trial')"
      note_moving "$2"
      case " $broken " in *" $(printf %.1s "$1"):$2 "*) key=\${2%% *} reason=broke && return 1 ;; esac
      note_arrived; moved="\${moved:+$moved }$2"; }
    roll
    echo "current $(readlink "$home/current" | cut -c "$((\${#home} + 11))")"
    [ ! -e "$place/moving" ] || echo moving is left`,
    `${item}\n`,
  )
    .trim()
    .split('\n');
}

const old = 'release aaaaaaaa';
const four = { 3700: old, 3701: old, 3702: old, 3703: old };

test('the first alone is on trial and watched; the others follow in batches', () => {
  assert.deepEqual(rolled(four), [
    'note next',
    'move 3700 to b, on trial',
    'watch 3700',
    'move 3701 3702 to b',
    'move 3703 to b',
    `change rollout shop current aaaaaaaa → bbbbbbbb`,
    'make good',
    'hook after',
    'current b',
  ]);
});

test('what does not run is moved first, and at once after the trial', () => {
  const down = { 3700: old, 3701: 'stopped', 3702: 'failed', 3703: 'restarting' };
  const moves = rolled(down).filter((line) => line.startsWith('move'));
  assert.deepEqual(moves, ['move 3701 to b, on trial', 'move 3702 3703 to b', 'move 3700 to b']);
});

test('what is current stays, and without a new generation nothing is on trial', () => {
  const repaired = rolled(
    { 3700: 'current', 3701: 'stopped', 3702: 'older program' },
    "changed=no old=''",
  );
  assert.deepEqual(
    repaired.filter((line) => /^(move|watch|hook|make good)/.test(line)),
    ['move 3701 to b', 'move 3702 to b'],
  );
});

test('a first instance that fails goes back alone, with the files of its generation', () => {
  assert.deepEqual(rolled(four, "broken='b:3700'"), [
    'note next',
    'move 3700 to b, on trial',
    'put back',
    'move 3700 to a',
    'failed: rollout shop: 3700 on bbbbbbbb broke; all instances are on aaaaaaaa as before',
    'its last words',
  ]);
});

test('one that goes bad while it is watched goes back as well', () => {
  const lines = rolled(four, 'watched=bad');
  assert.deepEqual(lines.slice(1, 5), [
    'move 3700 to b, on trial',
    'watch 3700',
    'put back',
    'move 3700 to a',
  ]);
});

test('a later one that fails goes back first, and those that had moved after it, one by one', () => {
  assert.deepEqual(rolled(four, "broken='b:3703'").slice(5), [
    'put back',
    'move 3703 to a',
    'move 3700 to a',
    'move 3701 to a',
    'move 3702 to a',
    'failed: rollout shop: 3703 on bbbbbbbb broke; all instances are on aaaaaaaa as before',
    'its last words',
  ]);
});

test('one that ends while the others move takes all back', () => {
  assert.match(
    rolled(four, 'later=yes').join('\n'),
    /put back\nmove 3700 to a\nfailed: .*3700 on bbbbbbbb ended later/,
  );
});

test('what did not run before a failure is stopped after it', () => {
  const lines = rolled(
    { 3700: 'stopped', 3701: old },
    `broken='b:3700'; systemctl() { echo "systemctl $*"; }`,
  );
  assert.ok(lines.includes('systemctl stop shop@3700.service'), lines.join('\n'));
  assert.ok(!lines.includes('move 3700 to a'));
});

test('one that does not even come back is named', () => {
  assert.match(
    rolled(four, "broken='b:3700 a:3700'").join('\n'),
    /3700 on bbbbbbbb broke; and 3700 on aaaaaaaa broke, see journalctl -u shop@3700\.service/,
  );
});

const first = `old=''; broken='b:3700'; systemctl() { echo "systemctl $*"; }`;

test('the first release ever has nothing to go back to: it ends, and its target is disabled', () => {
  const lines = rolled({ 3700: 'stopped', 3701: 'stopped' }, `${first}; current=''`);
  assert.match(
    lines.join('\n'),
    /there is nothing to go back to, shop@3700\.service is stopped, and its journal left to be looked at/,
  );
  assert.deepEqual(
    lines.filter((line) => /^(move|change|systemctl)/.test(line)),
    [
      'move 3700 to b, on trial',
      'systemctl stop shop@3700.service',
      'systemctl reset-failed shop@3700.service',
      'systemctl disable --quiet shop.target',
      'change unit shop.target: disabled, since nothing of shop runs',
    ],
  );
});

test('what ran before the first release failed goes on, and its target stays', () => {
  const lines = rolled({ 3700: 'older unit', 3701: 'stopped' }, first);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('systemctl')),
    ['systemctl stop shop@3701.service', 'systemctl reset-failed shop@3701.service'],
  );
});

/** Both instances are of the good generation; what is asked of systemd and Monit is printed. */
const proven = `mkdir "$place/good"; echo good >"$place/good/identity"
  printf 'rollout\\tshop\\t3700=current\\t3701=current\\n' >"$place/good/item"
  systemctl() { echo "systemctl $*"; }; monit_each() { echo "$1 $2"; };`;
const asked = (lines: string[]) => lines.filter((line) => /^(systemctl|monitor)/.test(line));

test('what was proven and fails is left to systemd and Monit, and what it failed for may come back', () => {
  const lines = rolled(
    { 3700: 'failed', 3701: 'stopped' },
    `${proven} changed=no old=''; broken='b:3700 3701'`,
  );
  assert.deepEqual(asked(lines), [
    'systemctl reset-failed shop@3700.service shop@3701.service',
    'systemctl start shop@3700.service shop@3701.service',
    'monitor 3700 3701 ',
  ]);
  assert.match(
    lines.join('\n'),
    /3700 on bbbbbbbb broke; there is nothing to go back to, systemd goes on to start shop@3700\.service, see journalctl -u shop@3700\.service/,
  );
});

test('an instance that only comes is stopped where it fails, also of what was proven', () => {
  const lines = rolled({ 3702: 'stopped' }, `${proven} changed=no old=''; broken='b:3702'`);
  assert.deepEqual(asked(lines), [
    'systemctl stop shop@3702.service',
    'systemctl reset-failed shop@3702.service',
  ]);
});

test('where a new release fails too, systemd goes on to start what it was about to, as it was before', () => {
  const after = (state: string) =>
    asked(rolled({ 3700: state, 3701: old }, `${proven} broken='b:3700'`));
  const stopped = 'systemctl stop shop@3700.service';
  assert.deepEqual(after('failed'), [
    stopped,
    'systemctl reset-failed shop@3700.service',
    'systemctl start shop@3700.service',
    'monitor 3700 ',
  ]);
  assert.deepEqual(after('stopped'), [stopped]);
});

test('a hook before that fails moves nothing, and puts the files back', () => {
  assert.deepEqual(rolled(four, "before='node migrate.js'; hook=bad"), [
    'hook before',
    'put back',
    'failed: rollout shop: the hook failed; no instance was moved',
    'its last words',
  ]);
});

test('a hook after that fails is told, and takes nothing back', () => {
  const lines = rolled(four, 'hook=bad');
  assert.match(
    lines.join('\n'),
    /make good\nhook after\nfailed: .*the hook failed; all instances are on bbbbbbbb nevertheless/,
  );
});

test('a release that failed is noted, unless it is the old one with other settings', () => {
  const noted = (release: string) =>
    run(`release=${release} old=${was}; note_failed; cat "$place/failed" 2>/dev/null || echo none`);
  assert.equal(noted(now), `${now}\n`);
  assert.equal(noted(was), 'none\n');
});

test('what ran with an override is moved, though it looks current without it', () => {
  const seen = `seen=$(printf '%s' "$observation" | sed 's,3701=current,3701=overridden by /etc/x,')`;
  const lines = rolled({ 3700: 'current', 3701: 'current' }, `changed=no old=''; ${seen}`);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('move')),
    ['move 3701 to b'],
  );
});

test('a target that was stopped is started, and told in the words of its row', () => {
  const lines = rolled(
    { 3700: 'current' },
    `changed=no old='' observation=$(printf '%s' "$observation" | sed s/target=active/target=inactive/)`,
  );
  assert.ok(lines.includes('change rollout shop target inactive → active'), lines.join('\n'));
});

test('since when a release is current is noted where it has come, and not where it only runs again', () => {
  const noted = (from: string) =>
    rolled(
      { 3700: 'stopped' },
      `came_from=${from}; still_up() { :; }; note_current() { echo "noted $1"; }`,
    ).filter((line) => line.startsWith('noted'));
  assert.deepEqual(noted(was), [`noted ${now}`]);
  assert.deepEqual(noted(now), []);
});

const batches: [string, number, number][] = [
  ['25%', 2, 1],
  ['25%', 8, 2],
  ['25%', 9, 3],
  ['100%', 8, 7],
  ['3', 8, 3],
  ['50', 8, 7],
  ['1', 1, 1],
];

for (const [batch, count, size] of batches)
  test(`of ${count} instances, a batch of ${batch} is ${size}`, () => {
    const keys = Array.from({ length: count }, (_, index) => 3700 + index).join(' ');
    assert.equal(run(`batch='${batch}' keys='${keys}'; batch_size`), `${size}\n`);
  });

const origins: [string, string][] = [
  ['3700', 'drift'],
  ['3701', 'change'],
  ['3702', 'new'],
];

for (const [key, origin] of origins)
  test(`${key} is moved because of its own ${origin}`, () => {
    const rows = [
      'change\trollout\tshop\tcurrent\tx\ty',
      'drift\trollout\tshop\t3700\tstopped\tcurrent',
      'change\trollout\tshop\t3701\trelease x\tcurrent',
    ];
    assert.equal(run(`rows=$(cat) origin=new; origin_of ${key}`, rows.join('\n')), `${origin}\n`);
  });

const taking = `goers=store old='' current=''
  systemctl() { case "$*" in 'is-active --quiet store@3700.service store@3700.socket' | \
    'is-active --quiet store@3701.service store@3701.socket') ;;
    'start '*) echo "$*" ;; *) return 1 ;; esac; }`;

test('what another app gives up is taken one by one, after what is free', () => {
  const stopped = { 3700: 'stopped', 3701: 'stopped', 3702: 'stopped', 3703: 'stopped' };
  assert.deepEqual(
    rolled(stopped, taking).filter((line) => line.startsWith('move')),
    ['move 3702 to b, on trial', 'move 3703 to b', 'move 3700 to b', 'move 3701 to b'],
  );
});

test('what gave way runs again when the others fail, the failed one first', () => {
  const giving = `${taking}
    broken='b:3701'
    take_out() { echo "out of service $1"; }
    ss() { echo listens; }
    printf '3700\tstore\tstore@3700.service\n3701\tstore\tstore@3701.service\n' >"$place/taken"`;
  assert.deepEqual(rolled({ 3700: 'stopped', 3701: 'stopped' }, giving), [
    'note next',
    'move 3700 to b, on trial',
    'watch 3700',
    'move 3701 to b',
    'start store@3701.service',
    'change rollout store 3701: has its port again',
    'out of service 3700',
    'start store@3700.service',
    'change rollout store 3700: has its port again',
    'failed: rollout shop: 3701 on bbbbbbbb broke; there is nothing to go back to, what gave way runs again: store@3701.service, store@3700.service',
    'its last words',
  ]);
});
