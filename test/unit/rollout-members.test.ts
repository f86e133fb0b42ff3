/** Members of an app: they move after its own instances, and go back with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rollout } from '../../components/host/kinds.ts';
import { itemText } from '../../components/host/manifest.ts';
import { run } from './rollout-shell.ts';

const [was, now] = ['a'.repeat(64), 'b'.repeat(64)];

/** The item of an app with two web instances and two of a worker, as it is rendered. */
const item = (members: { name: string; instances: number[]; unit: string }[]): string =>
  itemText(
    rollout({
      ...{ app: 'shop', release: now, type: 'web', instances: [3700, 3701], listen: 'port' },
      ...{ unit: 'u', environment: 'e', stop: 15, drain: 30, start: 60, watch: 2, batch: '50%' },
      ...{ hookTimeout: 600, keep: 5, before: ['node', 'migrate.js'], after: ['true'] },
      health: { by: 'http', host: 'localhost', path: '/', status: 200, answers: 3 },
      members: members.map((it) => ({ ...it, health: { by: 'stay', seconds: 7 }, stop: 40 })),
    }),
  ).trim();

const mail = { name: 'mail', instances: [1, 2, 3], unit: 'm' };
const clean = { name: 'clean', instances: [1], unit: 'c' };
const line = item([mail, clean]);

/** Rolls out where `observed` runs; a move that is not to work is in `broken`, as `RELEASE-DIGIT:INSTANCES`. */
function rolled(observed: Record<string, string>, settings = ''): string[] {
  const seen = Object.entries(observed).map(([key, state]) => `\t${key}=${state}`);
  return run(
    `line=$(cat)
    observation="rollout${'\t'}shop${'\t'}current=${was}${'\t'}target=active${seen.join('')}" seen=$observation
    read_line "$line"
    broken='' current=${was} old=${was} old_public='' changed=yes evidence='its last words'
    mkdir -p "$home/releases/${was}" "$home/releases/${now}"
    ${settings}
    note_next() { :; }
    make_good() { echo make good; }
    put_generation_back() { echo put back; }
    read_good_settings() { :; }
    remove_old_releases() { :; }
    run_hook() { echo "hook $1"; }
    still_up() { :; }
    watch_instance() { :; }
    move() { turn_to "\${2%% *}"; moving=$2 goal=$1; echo "move $2 to $(printf %.1s "$1") by $health$([ "$stage" != trial ] || echo ', on trial')"
      note_moving "$2"
      case " $broken " in *" $(printf %.1s "$1"):$2 "*) key=\${2%% *} reason=broke && return 1 ;; esac
      note_arrived; moved="\${moved:+$moved }$2"; }
    roll
    echo "current $(basename "$(readlink "$home/current")" | cut -c 1)"`,
    `${line}\n`,
  )
    .trim()
    .split('\n');
}

const old = 'release aaaaaaaa';
const all = (state: string) => ({
  ...{ 3700: state, 3701: state },
  ...{ 'mail@1': state, 'mail@2': state, 'mail@3': state, 'clean@1': state },
});

test('the app moves first, then one member after another, each healthy by its own measure', () => {
  assert.deepEqual(rolled(all(old)), [
    'hook before',
    'move 3700 to b by http, on trial',
    'move 3701 to b by http',
    'move mail@1 mail@2 to b by stay',
    'move mail@3 to b by stay',
    'move clean@1 to b by stay',
    'change rollout shop current aaaaaaaa → bbbbbbbb',
    'make good',
    'hook after',
    'current b',
  ]);
});

test('a member that fails takes everything back, the instances of the app too', () => {
  assert.deepEqual(rolled(all(old), "broken='b:clean@1'").slice(5), [
    'move clean@1 to b by stay',
    'put back',
    'move clean@1 to a by stay',
    'move 3700 to a by http',
    'move 3701 to a by http',
    'move mail@1 to a by stay',
    'move mail@2 to a by stay',
    'move mail@3 to a by stay',
    'failed: rollout shop: clean@1 on bbbbbbbb broke; all instances are on aaaaaaaa as before',
    'its last words',
  ]);
});

test('what a rollout that was ended had moved goes back as well, and what is the same in both stays', () => {
  const good = `mkdir -p "$place/good"; printf '${was}\\tu m:m c:c\\te\\t\\n' >"$place/good/identity"
    observe_rollout() { cat >/dev/null; printf 'rollout\\tshop\\t3700=release bbbbbbbb\\t3701=current\\n'; }`;
  const half = { ...all(old), 3700: 'current', 3701: 'current' };
  const lines = rolled(half, `${good}; broken='b:mail@1'`);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('move')),
    ['move mail@1 to b by stay, on trial', 'move mail@1 to a by stay', 'move 3700 to a by http'],
  );
});

test('a member that comes starts, and nothing else moves; where it fails it is stopped', () => {
  const added = { ...all('current'), 'clean@1': 'stopped' };
  const moves = (settings: string) =>
    rolled(added, `old=${now}; systemctl() { echo "systemctl $*"; }; ${settings}`).filter((line) =>
      /^(move|systemctl)/.test(line),
    );
  assert.deepEqual(moves(''), ['move clean@1 to b by stay, on trial']);
  assert.deepEqual(moves("broken='b:clean@1'"), [
    'move clean@1 to b by stay, on trial',
    'systemctl stop shop-clean@1.service',
  ]);
});

test('where a member of the first release fails, nothing runs on, nor is a socket left that would start it', () => {
  const first = `old='' current='' found_down="$keys"; systemctl() { echo "systemctl $*"; }; broken='b:mail@1 mail@2 mail@3'
    settings="$line${'\t'}@listen=socket"; read_settings "$settings"; batch=1`;
  const stopped = rolled(all('stopped'), first).filter((line) => /stop|disable/.test(line));
  const units = (kind: string) => `shop-mail@1.${kind} shop-mail@2.${kind} shop-mail@3.${kind}`;
  assert.deepEqual(
    stopped.filter((line) => line.startsWith('systemctl')),
    [
      `systemctl stop shop@3700.socket shop@3701.socket ${units('socket')}`,
      `systemctl stop shop@3700.service shop@3701.service ${units('service')}`,
      'systemctl disable --quiet shop.target',
    ],
  );
});

test('of a member that was stopped that instance alone is moved', () => {
  const lines = rolled({ ...all('current'), 'mail@2': 'stopped' }, "changed=no; old=''");
  assert.deepEqual(
    lines.filter((line) => line.startsWith('move')),
    ['move mail@2 to b by stay'],
  );
});

test('the settings of a member are its own, but for the time to start', () => {
  const said = (key: string) =>
    run(
      `read_line "$(cat)"; turn_to '${key}'; echo "$type $listen $health $stay $stop $start $single"`,
      line,
    );
  assert.equal(said('mail@2'), 'worker port stay 7 40 60 no\n');
  assert.equal(said('3700'), 'web port http 10 15 60 no\n');
});

test('a value that looks like the unit of a member is none', () => {
  const odd = line.replace('@hook=600', '@hook=600\t@text=a.unit=b');
  assert.equal(run('read_line "$(cat)"; echo "$unit_hash"', odd), 'u mail:m clean:c\n');
});

/** What is said of each instance, when systemctl and /proc say this of the worker 1. */
function observed(unit: string, more: readonly string[] = []): string {
  const lines = [
    `/srv/shop/current\t/srv/shop/releases/${now}`,
    `/proc/7/cwd\t/srv/shop/releases/${now}`,
    ...['/proc/7/exe\t/usr/bin/node', `/proc/7/environ:KEELSON_UNIT=${unit}`],
    '/proc/7/environ:KEELSON_ENVIRONMENT=e',
    ...more.filter((line) => line.startsWith('stale')),
    ...['Id=shop.target', 'ActiveState=active', ''],
    ...['Id=shop@3700.service', 'ActiveState=inactive', ''],
    ...['Id=shop@3701.service', 'ActiveState=inactive', ''],
    ...['Id=shop-mail@1.service', 'ActiveState=active', 'MainPID=7'],
    ...more.filter((line) => !line.startsWith('stale')),
    ...['', 'Id=shop-mail@2.service', 'LoadState=masked', '', 'items'],
    item([{ ...mail, instances: [1, 2] }]),
  ];
  return /\tmail@1=.*/.exec(run('join_rollouts', `${lines.join('\n')}\n`).trim())?.[0] ?? '';
}

test('what a member runs is told by its own unit', () => {
  const file = '/etc/systemd/system/shop-mail@.service';
  assert.equal(observed('m'), '\tmail@1=current\tmail@2=masked');
  assert.match(observed('u'), /^\tmail@1=older unit\t/);
  assert.match(observed('m', [`stale\t${file}`]), /^\tmail@1=reload needed\t/);
  assert.match(observed('m', ['stale\t/etc/systemd/system/shop@.service']), /^\tmail@1=current\t/);
  assert.match(observed('m', [`FragmentPath=${file}`]), /^\tmail@1=current\t/);
  const own = '/etc/systemd/system/shop-mail@1.service';
  assert.match(observed('m', [`FragmentPath=${own}`]), /^\tmail@1=overridden by \S*mail@1/);
});

/** A generation with the member mail is good; its files, and those that were written since, lie there. */
const generations = `
read_line "$line"
mkdir -p "$place/good"
printf '%s\\n' "$line" >"$place/good/item"
printf '${was}\\tu mail:m\\te\\t\\n' >"$place/good/identity"
echo unit >"$root/etc/unit"; cp "$root/etc/unit" "$place/good/unit"
echo environment >"$root/etc/environment"; cp "$root/etc/environment" "$place/good/environment"
echo old mail >"$place/good/unit.mail"
`;

test('going back brings the unit files of members, and what a boot starts', () => {
  const said = run(
    `line='${item([mail])}'
    ${generations}
    echo new clean >"$root/etc/unit.clean"
    printf 'Wants=shop@3700.service shop-clean@1.service\\nPropagatesReloadTo=shop@3700.service shop-clean@1.service\\n' >"$root/etc/target"
    put_generation_back
    cat "$root/etc/unit.mail" "$root/etc/unit.clean" "$root/etc/target" "$root/asked"`,
  );
  const units = 'shop@3700.service shop-mail@1.service shop-mail@2.service shop-mail@3.service';
  assert.deepEqual(said.trim().split('\n'), [
    ...['change file /etc/unit.mail: put back', 'change file /etc/target: put back'],
    ...['old mail', 'new clean', `Wants=${units}`, `PropagatesReloadTo=${units}`],
    'systemctl daemon-reload',
  ]);
});

test('a member that is taken out, with nothing to move, is no part of what is gone back to', () => {
  const said = run(
    `line='${item([mail, clean])}'
    ${generations}
    printf '${now}\\tu mail:m clean:c\\te\\t\\n' >"$place/good/identity"
    echo clean >"$place/good/unit.clean"; echo mail >"$root/etc/unit.mail"
    note_settings '${item([mail])}'
    cut -f 2 "$place/good/identity"; ls "$place/good"`,
  );
  assert.deepEqual(said.trim().split('\n'), [
    ...['u mail:m', 'environment', 'identity', 'item', 'unit', 'unit.mail'],
  ]);
});

test('a job is held while the app moves, and comes back with it', () => {
  const said = run(
    `line='${item([mail])}${'\t'}@clean.job=j2'
    ${generations}
    printf '${was}\tu mail:m clean=j1\te\t\n' >"$place/good/identity"
    echo "$unit_hash, $members, $jobs, $(members_in "$unit_hash")"
    cp "$root/etc/unit" "$root/etc/unit.mail"; echo new job >"$root/etc/clean.service"; echo new timer >"$root/etc/clean.timer"
    note_next; cat "$place/next/job.clean" "$place/next/timer.clean"
    hold_runs; flock -n -s "$place/runs" true || echo held
    echo old job >"$place/good/job.clean"; echo old timer >"$place/good/timer.clean"
    put_generation_back
    cat "$root/etc/clean.service" "$root/etc/clean.timer"`,
  );
  assert.deepEqual(said.trim().split('\n'), [
    ...['u mail:m clean=j2, mail, clean, mail', 'new job', 'new timer', 'held'],
    'change file /etc/unit.mail: put back',
    ...['change file /etc/clean.service: put back', 'change file /etc/clean.timer: put back'],
    ...['old job', 'old timer'],
  ]);
});

test('another unit of a job moves nobody, and is what is gone back to from then on', () => {
  const said = run(
    `line='${item([mail])}${'\t'}@clean.job=j1'
    ${generations}
    printf '${now}\tu mail:m clean=j1\te\t\n' >"$place/good/identity"
    cp "$root/etc/unit" "$root/etc/unit.mail"; echo new job >"$root/etc/clean.service"
    note_settings '${item([mail])}${'\t'}@clean.job=j2'
    cut -f 2 "$place/good/identity"; cat "$place/good/job.clean"`,
  );
  assert.equal(said, 'u mail:m clean=j2\nnew job\n');
});

const completed: [string, string, string][] = [
  ['one of each runs', 'mail@1=current\\tmail@2=stopped', 'b'],
  ['a member is on an older release', 'mail@1=current\\tmail@2=release aaaaaaaa', 'a'],
  ['a member does not run', 'mail@1=restarting\\tmail@2=stopped', 'a'],
];

for (const [when, states, good] of completed)
  test(`a rollout that was ended is complete only when all have moved: ${when}`, () => {
    const said = run(
      `line='${item([mail])}'
      ${generations}
      cp -r "$place/good" "$place/next"
      printf '${now}\\tu mail:m\\te\\t\\n' >"$place/next/identity"
      observe_rollout() { cat >/dev/null; printf 'rollout\\tshop\\t3700=current\\t3701=current\\t${states}\\n'; }
      complete_generation
      cut -c 1 "$place/good/identity"`,
    );
    assert.equal(said, `${good}\n`);
  });

test('a member that came with the generation on trial is stopped, one of before is started again', () => {
  const ended = (key: string) =>
    run(
      `line='${item([mail, clean])}'
      ${generations}
      systemctl() { echo "systemctl $*" | sed /MainPID/d; }
      printf '%s\\n' r1 me change "$line" >"$place/order"
      mkdir -p "$home/releases/${was}"
      printf '${was}\\n${key}\\ntrial\\n' >"$place/moving"
      runs_before() { return 1; }
      recover`,
    )
      .split('\n')
      .filter((line) => /^systemctl (stop|restart) .*service/.test(line));
  assert.deepEqual(ended('clean@1'), ['systemctl stop shop-clean@1.service']);
  assert.deepEqual(ended('mail@1'), ['systemctl restart shop-mail@1.service']);
});

test('with the app its members end, and its jobs with their timers', () => {
  const asked = run(
    `systemctl() { echo "systemctl $*"; }
    timeout() { shift; "$@"; }
    limited() { shift; "$@"; }
    rollout_of() { :; }
    list_releases() { :; }
    restore_original() { :; }
    nft() { :; }
    remove_rollout shop '${item([mail])}${'\t'}@clean.job=j1'`,
  ).split('\n');
  for (const line of [
    'systemctl stop shop.target shop@*.service shop@*.socket keelson-retry@shop@*.timer',
    'systemctl stop shop-mail@*.service shop-mail@*.socket keelson-retry@shop-mail@*.timer',
    'systemctl stop shop-clean.timer',
    'systemctl stop shop-clean.service',
  ])
    assert.ok(asked.includes(line), asked.join('\n'));
});
