/** How one instance is moved: what is asked of systemd, Monit and the kernel, in which order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, run } from './rollout-shell.ts';

const [was, now] = ['a'.repeat(64), 'b'.repeat(64)];
const old = 'release aaaaaaaa';

/** A move of 3700 with all that it asks of systemd, Monit and the kernel, in its order. */
const moved = (settings: string): string =>
  run(`line='' observation="rollout${'\t'}shop${'\t'}3700=${old}" seen=$observation current=${was} stage=rest returning=no moved=''
    read_settings "$(printf 'rollout\\tshop\\t@type=web')"; drain=8 keys=3700 waits=2
    mkdir -p "$home/releases"
    say() { echo "$2"; }
    systemctl() { case $* in 'is-active --quiet shop@3700.socket') [ "\${socket:-}" = yes ] ;; *) echo "$*" | grep -v reset-failed ;; esac; }
    monit_each() { echo "$1 $2"; }
    nft() { case $1 in -f) grep -o 'elem.*' | grep -o '{.*' | sed 's/^/refuse /' ;; *) echo open ;; esac; }
    ss() { case $* in *established*) pass 300; echo wait >>"$root/waits"; [ "$(wc -l <"$root/waits")" -gt "$waits" ] || echo '0 0 127.0.0.1:3700 127.0.0.1:9' ;; esac; }
    await_health() { echo await; read_clock; answered_at=$clock; pass 70; }
    ${settings}
    move ${now} 3700`);

test('an instance is drained before it stops, and opened once it is healthy', () => {
  assert.equal(
    moved(''),
    `unmonitor 3700
refuse { 3700 timeout 143s }
stop shop@3700.service
refuse { 3700 timeout 143s }
start shop@3700.service
await
open
monitor 3700
rollout shop 3700 ${old} → current in 9.9 s
`,
  );
});

test('what is open when the drain is over is cut, and told', () => {
  const lines = moved('waits=9').split('\n');
  assert.equal(lines[2], 'rollout shop 3700: 1 connection cut after 8 s');
});

test('one alone refuses nothing and waits for nobody, and was away until its first good answer', () => {
  assert.equal(
    moved('single=yes'),
    `unmonitor 3700
rollout shop 3700: 1 connection open, which the app is told to end
stop shop@3700.service
start shop@3700.service
await
open
monitor 3700
rollout shop 3700 ${old} → current in 0.0 s
`,
  );
});

test('the queue of a socket stays open, and its service is restarted', () => {
  const lines = moved('socket=yes listen=socket').split('\n');
  assert.deepEqual(lines.slice(1, 4), [
    'rollout shop 3700: 1 connection open, which the app is told to end',
    'restart shop@3700.service',
    'await',
  ]);
});

test('a socket of the generation before is stopped with its instance', () => {
  const lines = moved('socket=yes').split('\n');
  assert.deepEqual(lines.slice(2, 4), ['stop shop@3700.socket', 'stop shop@3700.service']);
});

test('a worker is stopped and started, and nothing is asked of the network', () => {
  const lines = moved('type=worker; ss() { echo asked; }; nft() { echo asked; }').split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    'unmonitor 3700',
    'stop shop@3700.service',
    'start shop@3700.service',
    'await',
  ]);
});

test('on the way back an instance is told as such', () => {
  assert.match(moved('returning=yes'), /rollout shop 3700 back on bbbbbbbb in/);
});

test('what nft refuses ends the rollout before anything stopped', () => {
  const lines = moved("nft() { echo 'no kernel support' >&2; return 1; }").trim().split('\n');
  assert.deepEqual(lines, [
    'unmonitor 3700',
    'failed: rollout shop: nft cannot refuse connections, nothing was stopped: no kernel support',
  ]);
});

const open = ['3700', '3700', '14191', '3701'].map((port) => `0 0 127.0.0.1:${port} 127.0.0.1:9`);

test('what is cut is told of each port by itself', () => {
  const script = `how_ended='cut after 8 s'; cat >"$work/open"; say_open rollout '3700 3701 3702' change`;
  assert.equal(
    run(script, `${open.join('\n')}\n`),
    'change rollout shop 3700: 2 connections cut after 8 s\nchange rollout shop 3701: 1 connection cut after 8 s\n',
  );
});

/** Who is said to hold 3700 when a process of some unit listens there, which is this very one. */
const holder = (unit: string, pid = '$self'): string =>
  run(`program_of() { echo node; }
    port_holders() { [ "$1" != 3700 ] || printf '%s\t%s\n' "${pid}" '${unit}'; }
    port_holder 3700 | sed "s/process $self/process N/"`);

test('a port is held by whoever listens on it and is none of the instance', () => {
  assert.equal(holder('shop@3700.service'), '');
  assert.equal(holder('other.service'), 'node (process N of other.service)');
  assert.equal(holder('shop@3701.service'), 'node (process N of shop@3701.service)');
});

test('of a port that another app has, it is said how to get it', () => {
  const words = 'give shop another port, or take this one from blog in a run of its own first';
  const memory = 'mkdir -p "$STATE/manifests"; : >"$STATE/manifests/rollout-blog"; app=shop;';
  const script = (unit: string) => run(`${memory} how_to_get_port ${unit}`);
  assert.equal(script('blog@3700.service'), `; ${words}`);
  assert.equal(script('theirs@1.service'), '');
  assert.equal(script('blog.service'), '');
});

test('the unit of a process is found in both layouts of control groups, and in any order', () => {
  const groups = (...lines: string[]): string => {
    const script = `mkdir "$root/7"; cat >"$root/7/cgroup"; eval "$(printf '%s' "$unit_of" | command sed "s,/proc/,$root/,")"; unit_of_process 7`;
    const source = /^unit_of_process\(\) \{.*?^\}/ms.exec(read('holders.sh'))?.[0] ?? '';
    return run(
      `unit_of=$(cat <<'SOURCE'\n${source}\nSOURCE\n)\n${script}`,
      `${lines.join('\n')}\n`,
    );
  };
  const path = '/system.slice/system-shop.slice/shop@3700.service';
  assert.equal(groups(`0::${path}`), 'shop@3700.service\n');
  assert.equal(groups('12:pids:/x', `1:name=systemd:${path}`, '0::/'), 'shop@3700.service\n');
  assert.equal(groups('0::/', `1:name=systemd:${path}`), 'shop@3700.service\n');
  assert.equal(
    groups('9:name=systemd:/web1/payload', `0::${path}/own/group`),
    'shop@3700.service\n',
  );
  const user = '/user.slice/user-1000.slice/user@1000.service';
  assert.equal(groups(`0::${user}/app.slice/shop@3700.service`), 'user@1000.service\n');
  assert.equal(groups('0::/'), '');
});

test('systemd holds the port of a socket of its own, and no other', () => {
  assert.equal(holder('shop@3700.socket', '1'), '');
  assert.match(holder('other.socket', '1'), /process 1 of other\.socket/);
});

test('a port that somebody holds is not started on', () => {
  const script = `moving=3700 single=yes; port_holder() { echo 'nc (process 5)'; }; free_ports || echo "$reason"`;
  assert.equal(run(script), 'cannot have its port, which is held by nc (process 5)\n');
});

test('from a port that was its own whoever listens there is ended, from a new one nobody', () => {
  const script = (ports: string) =>
    run(`mkdir -p "$STATE/manifests"; printf 'keelson 1 x\n\nrollout\tshop\t${ports}\tcurrent=c3\t@type=web\nend\n' >"$STATE/manifests/rollout-shop"
      moving='3700 3701' single=yes; port_holder() { :; }; claim_port() { echo "$*"; }; free_ports`);
  assert.equal(script('3700=current'), 'shop 3700\n');
  assert.equal(script('3700=current\t3701=current'), 'shop 3700\nshop 3701\n');
  assert.equal(script('14190=current'), '');
});

/** What becomes of those who listen at 3700, each a process and its unit; they go when they are killed. */
const claimed = (held: string, groups = '0::/system.slice/x.service', uid = 1000): string =>
  run(`printf '${held}' >"$root/held"; mkdir -p "$root/7" && echo '${groups}' >"$root/7/cgroup"
    is_instance() { case $1 in evil@* | shop@*) ;; *) return 1 ;; esac; }
    grep() { case $* in *cgroup*) shift $(($# - 1)); command grep -qs '/user\\.slice/' "$root/7/cgroup" ;; *status*) [ ${uid} = 0 ] ;; *) command grep "$@" ;; esac; }
    port_holders() { cat "$root/held"; }
    program_of() { echo node; }
    log_line() { echo "$1"; }
    systemctl() { echo "$*"; : >"$root/held"; }
    kill() { echo "kill $*"; : >"$root/held"; }
    claim_port shop 3700; echo through`);

test('an instance ends who has its port: an app at another, a login; no service that is not the kit’s', () => {
  const ended = (unit: string) =>
    `warn   port 3700 of shop: node (process 7 of ${unit}) held it, and was ended\nkill --signal=KILL ${unit}\nthrough\n`;
  assert.equal(claimed('7\tevil@4400.service\n'), ended('evil@4400.service'));
  const login = '0::/user.slice/user-1000.slice/session-3.scope';
  assert.equal(claimed('7\tsession-3.scope\n', login), ended('session-3.scope'));
  assert.match(claimed('7\tssh.service\n'), /kill -KILL 7\nthrough\n$/);
  assert.equal(claimed('7\tssh.service\n', login, 0), 'through\n');
  assert.equal(claimed('7\tsession-3.scope\n', login, 0), 'through\n');
  for (const held of ['', '7\tshop@3701.service\n', '7\tevil@3700.service\n', '7\told.service\n'])
    assert.equal(claimed(held), 'through\n', held);
});

test('until it is proven, current points at the release before once its code was read', () => {
  const pointed = (settings: string) =>
    run(`current=${was} goal=${now} pointed_back=no ${settings}
      ln -s "$home/releases/$goal" "$home/current"; point_current_back
      basename "$(readlink "$home/current")" | cut -c 1`).trim();
  assert.equal(pointed(''), 'a');
  assert.equal(pointed('pointed_back=yes'), 'b');
  assert.equal(pointed('current='), 'b');
});

/** What is done about overrides, one after another as systemd shows them. */
const mended = (states: string, stale = 'no'): string =>
  run(`line='' keys=3700 stale=${stale}
    printf '%s\n' ${states} >"$root/states"
    observe_again() { observation=x$(printf '\t3700=')$(head -n 1 "$root/states"); [ "$(wc -l <"$root/states")" = 1 ] || sed -i 1d "$root/states"; }
    put_aside() { echo "aside $1"; }
    systemctl() { case $1 in show) echo "NeedDaemonReload=$stale" ;; *) echo "$*" ;; esac; }
    observe_again; mend_units`);

test('what is masked or overrides an instance is taken away before anything starts', () => {
  assert.equal(mended('current'), '');
  assert.equal(
    mended('masked stopped'),
    'unmask --quiet shop@3700.service shop@3700.socket\nunmask --quiet --runtime shop@3700.service shop@3700.socket\ndaemon-reload\n',
  );
  // What runs may have been started with the override: it has to move, which is told when it has.
  assert.equal(mended("'overridden by /etc' current"), 'aside /etc\ndaemon-reload\n');
  assert.match(
    mended("'overridden by /etc' 'overridden by /etc'"),
    /failed: .*it cannot be put aside/,
  );
});

test('what was masked and runs all the same needs no move, and is told', () => {
  assert.match(mended('masked current'), /\nchange rollout shop 3700 masked → current\n$/);
});

test('a unit file that systemd has not read is read, and told in the words of its row', () => {
  assert.equal(
    mended("'reload needed' current"),
    'change rollout shop 3700 reload needed → current\n',
  );
  assert.equal(
    mended("'reload needed' current", 'yes'),
    'daemon-reload\nchange rollout shop 3700 reload needed → current\n',
  );
  assert.equal(mended('current', 'yes'), 'daemon-reload\n');
});
