/** What Monit asks of an instance, and what comes of its limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthInstructions } from '../../components/host/health.ts';
import { run } from './rollout-shell.ts';

/** An instance that runs, its control group one of the test's own with the processes of the test. */
const surroundings = `
  WATCHED=$root/watched MONIT_FOLDER=$root/etc HELPER=$root/helper group=$root/group
  mkdir -p "$group"
  echo "$self" >"$group/cgroup.procs"
  printf '#!/bin/sh\\necho "$*" >>"%s/alerts"\\n' "$root" >"$HELPER"
  printf '#!/bin/sh\\necho "restart $*" >>"%s/alerts"\\n' "$root" >"$root/etc/restart"
  chmod 755 "$HELPER" "$root/etc/restart"
  settings() { printf "$@" >"$root/etc/shop.health"; }
  find_group() { main=$self; }
  # In no condition: there a failure would not end it.
  watched() {
    set +e
    ( set -e; watch_app shop 3700; wait )
    ended=$?
    set -e
    [ "$ended" = 0 ] && echo well || echo "ends with $ended"
  }
  alerts() { wait; cat "$root/alerts" 2>/dev/null; rm -f "$root/alerts"; }
`;
const watch = (script: string): string => run(`${surroundings}\n${script}`);

const http = Object.entries(
  healthInstructions({
    ...{ by: 'http', host: 'h', path: '/up', status: 200, text: 'is w', answers: 3 },
  }),
).map(([name, value]) => `${name}=${value}`);
const asking = `settings 'health\\tshop\\t${http.join('\\t')}\\t@start=60\\t@patience=3\\n'`;
const question = 'http://127.0.0.1:3700/up (Host: h, X-Forwarded-Proto: https)';

const answers: [string, string][] = [
  [`echo all is well >"$work/answer"; printf '200 \\n'`, 'well'],
  [`printf '200 \\n'`, `shop@3700 answered 200 to ${question}, but without "is w"\nends with 3`],
  [
    `printf '\\n<b>\\033[2J Moved\\nmore\\n' >"$work/answer"; printf '301 https://h/a\\n'`,
    `shop@3700 answered 301, not 200, to ${question} Location: https://h/a <b> [2J Moved\nends with 3`,
  ],
  ['return 7', 'shop@3700 did not listen on 127.0.0.1:3700\nends with 3'],
  ['return 28', `shop@3700 gave no answer to ${question}\nends with 3`],
];

for (const [curl, said] of answers)
  test(`of curl, which does ${curl}, Monit learns: ${said}`, () => {
    const told = watch(`curl() { ${curl}; }; ${asking}; watched`);
    assert.equal(told.replace(/ +\n/g, '\n').trimEnd(), said);
  });

test('what came is in Monit’s log as far as it fits there', () => {
  const long = `curl() { head -c 5000 /dev/zero | tr '\\0' x >"$work/answer"; printf '500 \\n'; }`;
  const [line = ''] = watch(`${long}; ${asking}; watched`).split('\n');
  assert.ok(line.length > 350 && line.length < 420, String(line.length));
});

test('the settings of an earlier version are read until those of this one come', () => {
  const script = `curl() { printf '%s ' "$@" >>"$root/asked"; printf '204 \\n'; }
    settings 'h.example.com\\n/up?a=1\\n204\\n3\\n\\n'; watched; cat "$root/asked"`;
  assert.match(watch(script), /^well\n-sS .*--max-time 3 .*-H Host: h\.example\.com .*\/up\?a=1 $/);
});

test('a failure of its own is none of the instance’s', () => {
  assert.match(watch(`watched 2>/dev/null`), /ends with (1|2)\n$/);
});

test('a worker that stays up is asked nothing', () => {
  assert.equal(watch(`settings 'health\\tshop\\t@health=stay\\n'; watched`), 'well\n');
});

test('a file is looked at where the instance sees it, and must not be older than is said', () => {
  const beating = `settings 'health\\tshop\\t@health=file\\t@path=%s/alive\\t@age=60\\n' "$root"`;
  assert.equal(watch(`${beating}; touch "$root/alive"; watched`), 'well\n');
  assert.match(
    watch(`${beating}; touch -d '90 seconds ago' "$root/alive"; watched`),
    /^shop@3700 has not touched \/\S+\/alive for 9[0-9] s *\nends with 3\n$/,
  );
  assert.match(
    watch(`${beating}; find_group() { group='' main=''; }; watched`),
    /^shop@3700 does not run *\n/,
  );
});

test('a command runs as the app, in the release that is current', () => {
  const script = `settings 'health\\tshop\\t@health=command\\t@command=node ping.js\\t@patience=10\\n'
    mkdir -p "$root/srv"; find_home() { home=$root/srv; }; ln -s "$home/releases/abc" "$home/current"
    run_as_app() { echo "$1: $2, $3 s, $4, in $goal"; "$well_or_ill"; }
    well_or_ill=true; watched; well_or_ill=false; watched`;
  assert.equal(
    watch(script).replace(/ +\n/g, '\n'),
    `watch@3700: node ping.js, 10 s, KEELSON_INSTANCE=3700, in abc
well
watch@3700: node ping.js, 10 s, KEELSON_INSTANCE=3700, in abc
shop@3700 does not run, or is ill: node ping.js
ends with 3
`,
  );
});

test('a member has settings, an instance and a control group of its own, and the app’s release', () => {
  const script = `printf 'health\\tshop-mail\\t@health=command\\t@command=node ping.js\\n' >"$root/etc/shop-mail.health"
    mkdir -p "$root/srv"; find_home() { echo "home of $1"; home=$root/srv; }; ln -s "$home/releases/abc" "$home/current"
    run_as_app() { echo "$1, $4"; false; }; set +e
    (set -e; watch_app shop mail@1); echo "ends with $?"; cat "$WATCHED/shop-mail@1/reason"`;
  assert.equal(
    watch(script).replace(/ +\n/g, '\n').trimEnd(),
    `home of shop
watch@mail@1, KEELSON_INSTANCE=1
shop-mail@1 does not run, or is ill: node ping.js
ends with 3
does not run, or is ill: node ping.js`,
  );
});

test('the second instance of a member listens beside the first', () => {
  const ports = 'first_port=9000; port_of mail@2; port_of 2; first_port=; port_of 3700';
  assert.deepEqual(watch(ports).split('\n').slice(0, 3), ['9001', '9001', '3700']);
});

test('the control group of an instance is found by its unit, also of a member', () => {
  const groups = (instance: string) =>
    run(`app=shop instance=${instance}; systemctl() { echo "$*" | sed 's/.* //' >&3; }
      { find_group; } 3>&1; echo "\${group:-none}"`);
  assert.match(groups('shop-mail@1'), /^shop-mail@1\.service\nnone\n$/);
});

test('who was started again is told of once it is well', () => {
  const script = `settings 'health\\tshop\\t@health=stay\\n'; watched
    touch "$WATCHED/shop@3700/hung"; watched; alerts; watched; alerts`;
  assert.equal(watch(script), 'well\nwell\nalert recovered shop@3700 is well again\nwell\n');
});

test('what systemd had given up on is well when it has stayed up for a minute', () => {
  const after = (seconds: number, main = 'main=7') =>
    watch(`settings 'health\\tshop\\t@health=stay\\n'; find_group() { group='' ${main}; }
      pass 100000; systemctl() { echo $(((1000 - ${seconds}) * 1000000)); }
      mkdir -p "$WATCHED/shop@3700"; touch "$WATCHED/shop@3700/failed"
      watched; alerts || :; ls "$WATCHED/shop@3700"`);
  assert.equal(after(60), 'well\nalert recovered shop@3700 is well again\n');
  assert.equal(after(59), 'well\nfailed\n');
  assert.equal(after(60, "main=''"), 'well\nfailed\n');
});

/** Looks at so many values of one limit, ten seconds apart; what is said and done then, after each `|`. */
const limited = (line: string, values: string, more = ''): string =>
  watch(`settings 'health\\tshop\\t@health=stay\\n${line}\\n'
    measure_memory() { value=$seen; shown="uses \${value}M of memory, above \${above}M"; }
    for seen in ${values}; do
      pass 1000; ${more}
      watched >/dev/null
      printf '| '; alerts | tr '\\n' ' '
    done`)
    .replaceAll('shop@3700', 'I')
    .trim();

const limits: [string, string, string, string][] = [
  ['below it nothing is said', 'memory 800 20 alert', '700 800 700', '| | |'],
  [
    'above it for so long it is told once, and so is its end',
    'memory 800 20 alert',
    '900 900 950 950 700 700',
    '| | | alert resource I uses 950M of memory, above 800M for 20 s | | alert recovered I is within its limit of memory again |',
  ],
  ['a peak is none', 'memory 800 20 alert', '900 900 700 900 900 700', '| | | | | |'],
  [
    'it is told to reload once',
    'memory 800 10 reload',
    '900 900 900',
    '| | alert resource I uses 900M of memory, above 800M for 10 s; it is told to reload |',
  ],
  [
    'it is started again until that happens',
    'memory 800 0 restart',
    '900 900 700',
    '| restart I.service 60 resource uses 900M of memory, above 800M | restart I.service 60 resource uses 900M of memory, above 800M for 10 s |',
  ],
];

for (const [title, line, values, said] of limits)
  test(`limits: ${title}`, () => assert.equal(limited(`limit ${line}`, values), said));

test('a limit that nothing can be measured for says nothing of health', () => {
  const limits = 'limit allowed 1 0 restart\\nlimit responseTime 1 0 alert\\n';
  const script = (well: string) =>
    watch(`settings 'health\\tshop\\t@health=http\\n${limits}'; touch "$group/memory.max"
      ask() { answer='answered 500'; ${well}; }; watched; alerts`).replace(/ +\n/g, '\n');
  assert.equal(script('false'), 'shop@3700 answered 500\nends with 3\n');
  assert.equal(script('true'), 'well\n');
});

test('limits: another start of the instance begins anew', () => {
  const again = 'mv "$group" "$group.$seen"; mkdir "$group"; echo "$self" >"$group/cgroup.procs"';
  assert.equal(limited('limit memory 800 10 restart', '900 901 902', again), '| | |');
});

const measured = (script: string): string =>
  watch(`above=0 work=$root identity=1 well=yes
    ${script}`).trim();

test('memory is what is resident of all its processes', () => {
  const script = `sleep 60 & other=$!; echo "$other" >>"$group/cgroup.procs"; command sleep 0.2
    kib() { sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\) kB/\\1/p' "/proc/$1/status"; }
    measure_memory; echo $((value - ($(kib "$self") + $(kib "$other")) / 1024)); [ "$value" -gt 0 ] && echo some; kill "$other"`;
  assert.match(measured(script.replace('sleep 60', 'command sleep 60')), /^(0|1|-1)\nsome$/);
});

test('memory is held to by the kernel, or else here', () => {
  const script = `measure_allowed && echo here; touch "$group/memory.max"; measure_allowed || echo kernel`;
  assert.equal(measured(script), 'here\nkernel');
});

test('files and connections are those that its processes hold open', () => {
  const script = `measure_openFiles; few=$value; exec 7</dev/null 8</dev/null; measure_openFiles; echo $((value - few))`;
  assert.equal(measured(script), '2');
});

test('CPU time is that between two looks of one start, as a share of one core', () => {
  const script = `clock=100
    look() { printf 'usage_usec %s\\nuser_usec 1\\n' "$1" >"$group/cpu.stat"; measure_cpu && echo "$value" || echo unknown; }
    look 1000000; clock=1600; look 14500000; clock=3100; look 44500000; identity=2; look 99999999`;
  assert.equal(measured(script), 'unknown\n90\n200\nunknown');
});

test('who gives no good answer is not slow, nor late', () => {
  const script = `took=250 timing='eventloop;dur=250.5'
    measure_responseTime; echo "$value"; measure_eventLoop; echo "$value"
    well=no; measure_responseTime || measure_eventLoop || echo unknown`;
  assert.equal(measured(script), '2500\n250\nunknown');
});

test('a delay is read beside others, and who tells none is told of, whatever was to follow', () => {
  const script = `of() { timing=$1 reaction=restart above=200; measure_eventLoop; echo "$value $reaction"; }
    of 'db;dur=53, eventloop;desc="p99";dur=300, cpu;dur=1'; of 'db;dur=53'; of ''; echo "$shown"`;
  assert.equal(
    measured(script),
    '300 restart\n201 alert\n201 alert\ndoes not say how late its event loop is: its answer has no header Server-Timing: eventloop;dur=',
  );
});

/** Asks an instance that answers so, one letter each, every question taking five seconds: good, bad or silent. */
const patiently = (answers: string, monitored = 'Monitored'): string =>
  watch(`settings 'health\\tshop\\t@health=http\\t@start=60\\t@silence=15\\n'
    echo '${answers}' >"$root/answers"
    ask() {
      pass 500; silent=no answer='was asked'
      case $(cut -c 1 "$root/answers") in s) silent=yes ;; g) well_or_ill=0 ;; *) well_or_ill=1 ;; esac
      [ "$silent" = no ] || well_or_ill=1
      sed -i 's/^.//' "$root/answers"
      return "$well_or_ill"
    }
    ask_monit() { printf "  monitoring status            ${monitored}\\n"; }
    find_group() { group='' main=''; }
    watched; printf 'left: '; cat "$root/answers"; alerts`)
    .replaceAll('shop@3700', 'I')
    .replace(/ +\n/g, '\n');

test('one that says nothing to three questions in fifteen seconds is started again', () => {
  assert.equal(
    patiently('ssss'),
    'I was asked\nends with 4\nleft: s\nrestart I.service 60 silent\n',
  );
});

test('but not one that is busy for ten, nor one that answers otherwise than it should', () => {
  assert.equal(patiently('g'), 'well\nleft:\n');
  assert.equal(patiently('ssg'), 'well\nleft:\n');
  assert.equal(patiently('b'), 'I was asked\nends with 3\nleft:\n');
  assert.equal(patiently('sb'), 'I was asked\nends with 3\nleft:\n');
});

test('nor one that a rollout has told Monit to leave alone meanwhile', () => {
  for (const monitored of ['Not monitored', 'Initializing'])
    assert.equal(patiently('sss', monitored), 'I was asked\nwell\nleft:\n', monitored);
});
