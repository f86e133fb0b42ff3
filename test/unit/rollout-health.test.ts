/** When an instance is healthy, and how long that is waited for; each test has a clock of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

/** Waits for 3700, which answers what the letters say, one after another: good, bad, silent (nobody listens), dead. */
const waited = (answers: string, settings = ''): string =>
  run(`health=http listen=port type=web returning=no start=1 answers=3 started_at=0 moving=3700 path=/
    current='' goal=x pointed_back=yes main=''
    ${settings}
    echo '${answers}' >"$root/answers"
    next() { case $(cat "$root/answers") in "$1"*) ;; *) return 1 ;; esac }
    shift_answer() { sed -i 's/^.\\(.\\)/\\1/' "$root/answers"; }
    is_running() { next d && reason='exited with status 1' && return 1; main=7; }
    listens() { next s || return 0; answer='did not listen' && shift_answer; return 1; }
    listens_elsewhere() { echo ', but on 5190'; }
    ask() { pass "\${slow:-1}"; answer='answered 500'; next g && good_one=0 || good_one=1; shift_answer; return "$good_one"; }
    is_current() { echo "looked at $1"; }
    if await_health; then echo "healthy at $(cat "$clock_file")"; else echo "$reason at $(cat "$clock_file")"; fi`);

const outcomes: [string, string, string, string?][] = [
  ['so many good answers in a row make it healthy', 'ggg', 'looked at 3700\nhealthy at 13\n'],
  ['a bad one in between starts the count again', 'ggbggg', 'looked at 3700\nhealthy at 28\n'],
  ['nobody is asked who does not listen yet', 'sssggg', 'looked at 3700\nhealthy at 19\n'],
  [
    'what comes up and goes down again for ever is not healthy',
    'gb'.repeat(40),
    'was not healthy within 1 s: it answered 500 at 106\n',
  ],
  [
    'who never listens is told where else it does',
    's'.repeat(90),
    'was not healthy within 1 s: it did not listen, but on 5190 at 100\n',
  ],
  ['an end is told at once', 'sd', 'exited with status 1 at 2\n'],
  ['an end after good answers too', 'ggd', 'exited with status 1 at 12\n'],
  [
    'good answers are waited for to the last, however late',
    'ggg',
    'looked at 3700\nhealthy at 610\n',
    'slow=200',
  ],
  [
    'a bad one that comes too late has failed',
    'bg',
    'was not healthy within 1 s: it answered 500 at 200\n',
    'slow=200',
  ],
  [
    'one good answer is enough where one is wanted',
    'g',
    'looked at 3700\nhealthy at 1\n',
    'answers=1',
  ],
  [
    'on the way back it is not held against the new release',
    'ggg',
    'healthy at 13\n',
    'returning=yes',
  ],
];

for (const [title, answers, outcome, settings] of outcomes)
  test(title, () => assert.equal(waited(answers, settings), outcome));

test('all of a batch share one deadline', () => {
  const [first, second] = [
    waited('gggb', "moving='3700 3701'"),
    waited('gggbbbggg', "moving='3700 3701'"),
  ];
  assert.match(first, /^looked at 3700\nwas not healthy within 1 s: it answered 500/);
  assert.match(second, /^looked at 3700\nlooked at 3701\nhealthy/);
});

test('who is not what it should be has failed, though it answers', () => {
  const script = `is_current() { reason='is healthy, but runs release bbbbbbbb'; return 1; }
    health=stay stay=0 returning=no start=1 started_at=0 moving=1
    is_running() { main=7; }
    await_health || echo "$reason"`;
  assert.equal(run(script), 'is healthy, but runs release bbbbbbbb\n');
});

/** A worker that is to stay up, and that ends after so many hundredths of a second. */
const stayed = (settings: string): string =>
  run(`health=stay stay=5 start=60 returning=yes started_at=0 moving=1 ends=99999 up_at=0
    ${settings}
    is_running() { main=''
      [ "$(cat "$clock_file")" -lt "$ends" ] || { reason='ends again and again' && return 1; }
      [ "$(cat "$clock_file")" -lt "$up_at" ] || main=7; }
    if await_health; then echo "healthy at $(cat "$clock_file")"; else echo "$reason"; fi`);

test('a worker is healthy once it stayed up for its time, counted from its start', () => {
  assert.equal(stayed(''), 'healthy at 500\n');
  assert.equal(stayed('echo 300 >"$clock_file"; started_at=300'), 'healthy at 800\n');
  assert.equal(stayed('stay=0'), 'healthy at 0\n');
});

test('a worker that ends within its time has failed, however late', () => {
  assert.equal(stayed('ends=490'), 'ends again and again\n');
});

test('a worker that does not get up in time has failed', () => {
  assert.equal(stayed('start=8 up_at=9999'), 'was not healthy within 8 s: it is starting still\n');
});

/** A worker whose command ends well the n-th time. */
const commanded = (settings: string): string =>
  run(`health=command check='node check.js' start=2 returning=yes started_at=0 moving=2 goal=x well=1 takes=10
    ${settings}
    is_running() { main=7; }
    run_as_app() { echo "$1: $2, at most $3 s, $4"; pass "$takes"; well=$((well - 1)); [ "$well" = 0 ]; }
    if await_health; then echo healthy; else echo "$reason"; fi`);

test('a command is asked again until it ends well, each time for what is left', () => {
  assert.equal(
    commanded(''),
    'health@2: node check.js, at most 2.0 s, KEELSON_INSTANCE=2\nhealthy\n',
  );
  assert.equal(
    commanded('well=2'),
    'health@2: node check.js, at most 2.0 s, KEELSON_INSTANCE=2\nhealth@2: node check.js, at most 1.7 s, KEELSON_INSTANCE=2\nhealthy\n',
  );
});

test('a command that never ends well within the time has failed', () => {
  assert.match(
    commanded('well=99 takes=150'),
    /at most 0\.3 s.*\n.*was not healthy within 2 s: node check\.js failed\n$/,
  );
  assert.match(commanded('well=99'), /was not healthy within 2 s: node check\.js failed\n$/);
});

test('of what health is asked in another way nothing is known', () => {
  const script = `health=luck start=1 started_at=0 moving=1 returning=yes; await_health || echo "$reason"`;
  assert.equal(run(script), 'cannot be asked for its health by luck\n');
});

const ends: [string, Record<string, string>, string][] = [
  ['auto-restart', { Result: 'exit-code', ExecMainStatus: '3' }, 'exited with status 3'],
  ['auto-restart', { Result: 'signal', ExecMainStatus: '6' }, 'was ended by signal 6'],
  ['auto-restart', { Result: 'core-dump', ExecMainStatus: '6' }, 'was ended by signal 6'],
  [
    'auto-restart',
    { Result: 'oom-kill', ExecMainStatus: '9' },
    'used more memory than it may, and was killed',
  ],
  ['dead', { Result: 'success', ActiveState: 'inactive' }, 'ended by itself'],
  ['dead', { Result: 'start-limit-hit', ActiveState: 'failed' }, 'failed: start-limit-hit'],
  ['auto-restart', { Result: 'exit-code', NRestarts: '1' }, 'ends again and again'],
  [
    'running',
    { Result: 'success', ActiveState: 'active', NRestarts: '1' },
    'ended, and was started again',
  ],
  ['start-pre', { Result: 'success', NRestarts: '1' }, 'ended, and was started again'],
  ['start-pre', { Result: 'success', NRestarts: '2' }, 'ends again and again'],
  ['running', { ActiveState: 'active', NRestarts: '10' }, 'ends again and again'],
  ['running', { Result: 'success', ActiveState: 'active', MainPID: '7' }, 'runs as 7'],
  ['start', { Result: 'success', MainPID: '7' }, 'runs as '],
];

for (const [sub, properties, said] of ends)
  test(`an instance with ${JSON.stringify(properties)} that is ${sub} ${said}`, () => {
    const shown = { ActiveState: 'activating', SubState: sub, NRestarts: '0', ...properties };
    const lines = Object.entries(shown).map(([key, value]) => `'${key}=${value}'`);
    const script = `systemctl() { printf '%s\\n' ${lines.join(' ')}; }
      since=now main=''; if is_running 3700; then echo "runs as $main"; else echo "$reason"; fi`;
    assert.equal(run(script), `${said}\n`);
  });

for (const [said, ended] of [
  ['Main process exited, code=exited, status=3/NOTIMPLEMENTED', 'exited with status 3'],
  ['Main process exited, code=dumped, status=6/ABRT', 'was ended by signal 6'],
  ['Deactivated successfully.', 'ended, and was started again'],
] as const)
  test(`one that ended, and was started again at once, ${ended} by its journal`, () => {
    const script = `since=now main=''
      systemctl() { printf '%s\\n' ActiveState=activating SubState=start-pre NRestarts=1 Result=success; }
      journal_of() { [ "$1" = shop@3700.service ] && printf '    %s\\n' begins 'shop@3700.service: ${said}' begins; }
      is_running 3700 || echo "$reason"`;
    assert.equal(run(script), `${ended}\n`);
  });

test('systemd is asked again only when the process is gone', () => {
  const script = `systemctl() { echo asked >>"$root/asked"; printf '%s\\n' ActiveState=active SubState=running NRestarts=0 "MainPID=$main_of"; }
    main_of=$self main=''
    is_running 3700; is_running 3700; wc -l <"$root/asked"
    main=999999999; is_running 3700; wc -l <"$root/asked"; [ "$main" = "$self" ] && echo found`;
  assert.equal(run(script), '1\n2\nfound\n');
});

const question = 'http://127.0.0.1:3700/up (Host: h, X-Forwarded-Proto: https)';
const answered: [string, string, string | RegExp][] = [
  ['echo all is well >"$work/answer"; printf "200 "', '', 'good'],
  ['echo all is well >"$work/answer"; printf "200 "', 'is well', 'good'],
  [
    'echo nothing is >"$work/answer"; printf "200 "',
    'is well',
    `answered 200 to ${question}, but without "is well"\n    nothing is`,
  ],
  ['printf "503 "', '', `answered 503, not 200, to ${question}`],
  [
    `printf '\\n \\0\\n<b>\\033[2J Moved\\n more\\n' >"$work/answer"; printf '301 https://h/up a'`,
    '',
    `answered 301, not 200, to ${question}\n    Location: https://h/up a\n    <b>\u001b[2J Moved`,
  ],
  [
    'head -c 9000 /dev/zero | tr "\\0" x >"$work/answer"; printf "500 "',
    '',
    /^answered 500.*\n {4}x{300}$/,
  ],
  ['return 7', '', 'did not listen on 127.0.0.1:3700'],
  ['printf "000 "; return 28', '', `gave no answer to ${question}`],
  ['printf "000 "; return 52', '', `broke the connection that asked for ${question}`],
];

for (const [curl, text, outcome] of answered)
  test(`an answer that ${outcome}${text && ', with a text'}`, () => {
    const script = `curl() { ${curl}; }; health=http start=60 patience=5 status=200 text='${text}' host=h path=/up
      if ask 3700; then echo good; else echo "$answer" && reason="was bad: it $answer" && answer_said; fi`;
    const said = run(script).trimEnd();
    if (typeof outcome === 'string') assert.equal(said, outcome);
    else assert.match(said, outcome);
  });

test('an instance is asked by its name, and as over https', () => {
  const script = `curl() { for word; do case $word in Host:* | X-*) echo "$word" >>"$root/sent" ;; esac; done; printf '200 '; }
    health=http start=60 patience=5 status=200 text='' host=h path=/up; ask 3700 && cat "$root/sent"`;
  assert.equal(run(script), 'Host: h\nX-Forwarded-Proto: https\n');
  // For curl one without a value is none.
  const redirected = script.replaceAll('200', '301').replace('ask 3700', 'ask 3700; echo "$asked"');
  assert.equal(
    run(redirected),
    'http://127.0.0.1:3700/up (Host: h)\nHost: h\nX-Forwarded-Proto:\n',
  );
});

test('what an answer said is told only where it is the reason', () => {
  const said = (reason: string, got = '500') =>
    run(
      `got='${got}' answer='answered 500' location=/a reason='${reason}'; echo words >"$work/answer"; answer_said`,
    );
  assert.equal(
    said('it answered 500 after it had been in service'),
    '    Location: /a\n    words\n',
  );
  assert.equal(said('exited with status 1'), '');
  assert.equal(said('it answered 500', ''), '');
});

test('the first instance is watched for its time, and asked while it serves', () => {
  const watched = (settings: string) =>
    run(`up=x old='' watch=2 health=http main='' since=@0 ${settings}
      is_running() { :; }
      collect_evidence() { :; }
      ask() { answer='answered 500'; [ "$(cat "$clock_file")" -lt "\${well_until:-99999}" ]; }
      if watch_instance 3700; then echo "watched until $(cat "$clock_file")"; else echo "$key $reason"; fi`);
  assert.equal(watched(''), 'watched until 200\n');
  assert.equal(watched('watch=0'), 'watched until 0\n');
  assert.equal(watched("up=''"), 'watched until 0\n');
  assert.equal(watched('well_until=100'), '3700 answered 500 after it had been in service\n');
  assert.equal(watched('well_until=100 health=stay'), 'watched until 200\n');
});
