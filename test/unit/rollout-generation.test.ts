/** What is kept of a generation, what is gone back to, and which releases stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

const [was, now] = ['a'.repeat(64), 'b'.repeat(64)];

/** Files of the app in place, and what is noted of its generations: release, unit, environment, public. */
const prepared = `
release=${now} unit_hash=u2 environment_hash=e2 public='' keys='3700 3701' type=web
identity="${now}${'\t'}u2${'\t'}e2"
line="rollout${'\t'}shop${'\t'}current=${now}${'\t'}3700=current${'\t'}@unit=u2${'\t'}@environment=e2${'\t'}@stop=20"
echo unit 2 >"$root/etc/unit"; echo environment 2 >"$root/etc/environment"; echo hook 2 >"$root/etc/hook"
mkdir -p "$home/releases/${was}" "$home/releases/${now}" "$home/public"
note() { mkdir -p "$place/$1"; printf '%s\\t%s\\t%s\\t%s\\n' "$2" "$3" "$4" "\${5:-}" >"$place/$1/identity"; echo "unit 1" >"$place/$1/unit"; echo "environment 1" >"$place/$1/environment"; }
observation="rollout${'\t'}shop${'\t'}current=${was}${'\t'}3700=release aaaaaaaa"
current=${was}
observe_rollout() { cat >/dev/null; printf '%s\\n' "\${runs:-rollout}"; }
found() { find_old_generation; echo "old=$(printf %.1s "$old") public=$old_public changed=$changed good=$(cut -c 1 "$place/good/identity" 2>/dev/null)"; }
`;

const finds: [string, string, string][] = [
  ['the last good one', `note good ${was} u1 e1 /p`, 'old=a public=/p changed=yes good=a'],
  [
    'nothing, where the good one is what is wanted',
    `note good ${now} u2 e2`,
    'old= public= changed=no good=b',
  ],
  [
    'the same release with its old unit',
    `note good ${now} u1 e2`,
    'old=b public= changed=yes good=b',
  ],
  [
    'the same release with its old environment',
    `note good ${now} u2 e1`,
    'old=b public= changed=yes good=b',
  ],
  [
    'nothing, where the good release is gone',
    `note good ${'c'.repeat(64)} u1 e1`,
    'old= public= changed=yes good=c',
  ],
  ['what current names, where the memory was lost', '', 'old=a public= changed=yes good='],
  [
    'nothing of a first release that was tried and never proven',
    `note next ${was} u1 e1`,
    'old= public= changed=yes good=',
  ],
  [
    'nothing, where the memory was lost and what is wanted is in service: that is good',
    `observation="rollout${'\t'}shop${'\t'}3700=current"`,
    'old= public= changed=no good=b',
  ],
  [
    'a generation that was completed but for the note of it',
    `note good ${'c'.repeat(64)} u1 e1; note next ${was} u1 e1; runs='rollout${'\t'}shop${'\t'}3700=current${'\t'}3701=stopped'`,
    'old=a public= changed=yes good=a',
  ],
  [
    'not one that some instances had not moved to',
    `note good ${was} u1 e1; note next ${now} u1 e1; runs='rollout${'\t'}shop${'\t'}3700=current${'\t'}3701=older unit'`,
    'old=a public= changed=yes good=a',
  ],
  [
    'not one that no instance had moved to',
    `note good ${was} u1 e1; note next ${now} u1 e1; runs='rollout${'\t'}shop${'\t'}3700=stopped${'\t'}3701=failed'`,
    'old=a public= changed=yes good=a',
  ],
];

for (const [title, settings, found] of finds)
  test(`gone back to is ${title}`, () => {
    assert.equal(run(`${prepared}${settings}\nfound`), `${found}\n`);
  });

test('a good generation holds its files, its item and the release before it', () => {
  const script = `${prepared}note good ${was} u1 e1; public=/p; note_next; make_good
    for file in unit environment hook item identity; do cat "$place/good/$file"; done; cat "$place/previous"; ls "$place"`;
  const [unit, environment, hook, item, identity, previous, ...rest] = run(script)
    .trim()
    .split('\n');
  assert.deepEqual([unit, environment, hook], ['unit 2', 'environment 2', 'hook 2']);
  assert.match(item ?? '', /^rollout\tshop\tcurrent=b+\t.*@stop=20$/);
  assert.equal(identity, `${now}\tu2\te2\t/p`);
  assert.equal(previous, was);
  assert.deepEqual(rest, ['good', 'previous']);
});

test('the release before stays the one before while only unit and environment change', () => {
  const script = `${prepared}note good ${now} u1 e1; echo ${was} >"$place/previous"; note_next; make_good; cat "$place/previous"`;
  assert.equal(run(script), `${was}\n`);
});

const settingsOf = (settings: string): string =>
  run(
    `${prepared}read_settings "$line"; ${settings}; read_good_settings; echo "$type $listen $stop $health $path"`,
  );

test('a generation that is gone back to is asked for its health as it was proven', () => {
  const item = `rollout\tshop\t@type=web\t@listen=socket\t@stop=9\t@health=http\t@path=/up`;
  assert.equal(
    settingsOf(`note good ${was} u1 e1; echo '${item}' >"$place/good/item"`),
    'web socket 9 http /up\n',
  );
});

test('of a generation that an older helper noted the unit file tells', () => {
  const unit = (text: string) => `note good ${was} u1 e1; printf '${text}' >"$place/good/unit"`;
  assert.equal(
    settingsOf(unit('Requires=shop@%%i.socket\\nTimeoutStopSec=33s\\n')),
    'web socket 33 http /\n',
  );
  assert.equal(settingsOf(unit('Type=exec\\n')), 'web port 15 http /\n');
  // How it is asked is what is wanted now: of before nothing is known.
  const wanted = 'read_settings "$line$TAB@path=/up$TAB@type=worker$TAB@health=command"';
  assert.equal(settingsOf(`${unit('Type=exec\\n')}; ${wanted}`), 'worker port 15 command /up\n');
});

test('a setting alone is noted with the generation that it belongs to, and with no other', () => {
  const noted = (given: string) =>
    run(
      `${prepared}note good ${given}; note_settings "$line${'\t'}@path=/up"; grep -o @path.* "$place/good/item" 2>/dev/null || echo none`,
    );
  assert.equal(noted(`${now} u2 e2`), '@path=/up\n');
  assert.equal(noted(`${was} u1 e1`), 'none\n');
});

test('the files of the good generation are put back, and nothing where they lie already', () => {
  const script = `${prepared}note good ${was} u1 e1; echo hook 1 >"$place/good/hook"
    note_put_back() { echo "noted $1" | sed "s,$root,,"; }
    put_generation_back; cat "$root/etc/unit" "$root/etc/environment" "$root/etc/hook" "$root/asked"; : >"$root/asked"
    put_generation_back; cat "$root/asked"`;
  assert.equal(
    run(script),
    `change file /etc/environment: put back
noted /etc/environment
change file /etc/hook: put back
noted /etc/hook
change file /etc/unit: put back
noted /etc/unit
unit 1
environment 1
hook 1
systemctl daemon-reload
`,
  );
});

test('of a job its timer comes back too, and one reload is enough', () => {
  const script = `${prepared}type=job; timer_file() { echo "$root/etc/timer"; }; note_put_back() { :; }
    echo timer 1 >"$root/etc/timer"; note_next; cmp "$place/next/timer" "$root/etc/timer"; rm -r "$place/next"
    note good ${was} u1 e1; cp "$root/etc/timer" "$place/good/timer"; echo timer 2 >"$root/etc/timer"
    put_generation_back; cat "$root/etc/timer" "$root/asked"`;
  assert.equal(
    run(script),
    `change file /etc/environment: put back
change file /etc/unit: put back
change file /etc/timer: put back
timer 1
systemctl daemon-reload
`,
  );
});

for (const [from, to] of [
  ['web', 'static'],
  ['static', 'web'],
  ['worker', 'job'],
  ['job', 'static'],
])
  test(`an app that was ${from} and is ${to} has nothing to go back to, and no file of before comes back`, () => {
    const script = `${prepared}note good ${was} u1 e1; type=${to}
      printf 'rollout\tshop\t@type=${from}\t@stop=9\n' >"$place/good/item"
      found; put_generation_back; cat "$root/etc/unit"`;
    assert.equal(run(script), 'old= public= changed=yes good=a\nunit 2\n');
  });

test('a worker that becomes web goes back as before', () => {
  const script = `${prepared}note good ${was} u1 e1 /p; printf 'rollout\tshop\t@type=worker\n' >"$place/good/item"; found`;
  assert.equal(run(script), 'old=a public=/p changed=yes good=a\n');
});

test('without a good generation the files stay', () => {
  assert.equal(run(`${prepared}put_generation_back; cat "$root/etc/unit"`), 'unit 2\n');
});

/** What lies in manifests/ and pending/ after /etc/x was put back with the text "old". */
const notes = (files: Record<string, string>): Record<string, string> => {
  const write = Object.entries(files).map(
    ([name, text]) => `cat >"$STATE/${name}" <<'TEXT'\n${text}TEXT\n`,
  );
  const out =
    run(`${write.join('')}echo old >"$root/etc/x"; sed -i "s,/etc/x,$root/etc/x," "$STATE"/manifests/* "$STATE"/pending/* 2>"$root/none" || :
    note_put_back "$root/etc/x"; cd "$STATE/pending"
    for name in *; do [ ! -f "$name" ] || { echo "== $name"; sed "s,$root,,g" "$name"; }; done`);
  return Object.fromEntries(
    out
      .split(/^== /m)
      .filter(Boolean)
      .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
  );
};

const oldHash = 'fd64ad3ffb9ce9f4f5e6f1f5e8c9a0d1';
const manifest = (name: string, hash: string, more = '') =>
  `keelson 1 ${name}\nrun r1\n\nfile\t/etc/x\towner=root\tsha256=${hash}\t@secret=yes\n|file\t/etc/x\tsha256=content\nfile\t/etc/xy\tsha256=00\nend\n${more}`;

test('a file that was put back is noted as begun in the manifest that names it', () => {
  const found = notes({
    'manifests/app-shop': manifest('app-shop', oldHash),
    'manifests/base': 'keelson 1 base\nrun r\n\nend\n',
  });
  assert.deepEqual(Object.keys(found), ['app-shop']);
  assert.match(
    found['app-shop'] ?? '',
    /^file\t\/etc\/x\towner=root\tsha256=(?!fd64)[0-9a-f]{64}\t@secret=yes$/m,
  );
  assert.match(
    found['app-shop'] ?? '',
    /^\|file\t\/etc\/x\tsha256=content\nfile\t\/etc\/xy\tsha256=00\nend\n$/m,
  );
});

test('of a manifest that is being applied nothing is lost but the hash', () => {
  const rows = 'change\trollout\tshop\t3700\trelease aaaaaaaa\tcurrent\n';
  const found = notes({
    'manifests/rollout-shop': manifest('rollout-shop', oldHash),
    'pending/rollout-shop': manifest('rollout-shop', 'ff', rows).replace('run r1', 'run r2'),
  });
  const text = found['rollout-shop'] ?? '';
  assert.match(text, /^run r2$/m);
  assert.ok(text.endsWith(`end\n${rows}`), text);
  assert.match(text, /^file\t\/etc\/x\towner=root\tsha256=[0-9a-f]{64}\t/m);
});

test('a manifest of an older helper that names the same file gets no note', () => {
  const found = notes({
    'manifests/environment-shop': manifest('environment-shop', oldHash),
    'manifests/rollout-shop': manifest('rollout-shop', oldHash),
    'pending/rollout-shop': manifest('rollout-shop', 'ff'),
  });
  assert.deepEqual(Object.keys(found), ['rollout-shop']);
});

test('also of one that is applied for the first time', () => {
  const rows = 'new\trollout\tshop\t\t\t\n';
  const found = notes({ 'pending/rollout-shop': manifest('rollout-shop', 'ff', rows) });
  assert.ok(found['rollout-shop']?.endsWith(`end\n${rows}`));
  assert.match(found['rollout-shop'] ?? '', /sha256=[0-9a-f]{64}\t/);
});

/** Which of the releases, from the newest to the oldest, are removed. */
const removed = (settings: string): string =>
  run(`kept=2
    mkdir -p "$STATE/trees"
    for number in 1 2 3 4 5; do
      mkdir -p "$home/releases/f$number"; touch -d "@$((2000 - number))" "$home/releases/f$number"
      : >"$(tree_record "$home/releases/f$number").list"
    done
    mkdir "$home/releases/.staged" "$home/releases/20260101"; touch -d @1 "$home/releases/20260101"
    release=f1 running=''
    find() { case $1 in /proc*) for one in $running; do echo "$home/releases/$one/dist"; done ;; *) command find "$@" ;; esac; }
    remove_release() { printf '%s ' "$1"; }
    ${settings}
    remove_old_releases; ls "$place"`).trim();

test('releases beyond the number that is kept are removed, the oldest, and none of another tool’s', () => {
  assert.equal(removed(''), 'f3 f4 f5');
  assert.equal(removed('kept=5'), '');
});

test('never what runs, what is wanted, or the one before', () => {
  assert.equal(removed('running="f4 f5"'), 'f3');
  assert.equal(removed('release=f5'), 'f3 f4');
  assert.equal(removed('echo f4 >"$place/previous"'), 'f3 f5 previous');
});

test('what failed is removed first and does not count, but not while it runs', () => {
  assert.equal(removed('echo f2 >"$place/failed"'), 'f2 f4 f5');
  assert.equal(removed('kept=5; printf "f2\\nf2\\n" >"$place/failed"'), 'f2');
  assert.equal(removed('kept=5; echo f2 >"$place/failed"; running=f2'), '');
});

test('current and static files move in one step, and the copy before stays the previous one', () => {
  const script = `mkdir -p "$home/releases/${now}" "$home/public/p1" "$home/public/p2"
    ln -s "$home/public/p1" "$home/public/current"
    make_current ${now} "$home/public/p2"; make_current ${now} "$home/public/p2"
    for link in current public/current public/previous; do readlink "$home/$link" | sed "s,$home/,,"; done
    make_current ${was} ''; readlink "$home/current" | sed "s,$home/,,"`;
  assert.equal(run(script), `releases/${now}\npublic/p2\npublic/p1\nreleases/${now}\n`);
});

test('credentials that its units load are kept with the generation that was proven with them, and put back with it', () => {
  const script = `${prepared}credentials_folder() { echo "$root/etc/credentials"; }
    mkdir "$root/etc/credentials"; printf 1 >"$root/etc/credentials/KEY"; chmod 600 "$root/etc/credentials/KEY"
    printf old >"$root/etc/credentials/OLD"; echo "LoadCredential=KEY:$root/etc/credentials/KEY" >>"$root/etc/unit"
    note_next; make_good; ls "$place/good" | grep cred
    printf 2 >"$root/etc/credentials/KEY"; put_credentials_back; cat "$root/etc/credentials/KEY"; echo
    rm -r "$root/etc/credentials"; put_credentials_back; cat "$root/etc/credentials/KEY"; echo
    stat -c %a "$root/etc/credentials" "$root/etc/credentials/KEY"; put_credentials_back`;
  assert.deepEqual(run(script).trim().split('\n'), [
    'credential.KEY',
    'change file /etc/credentials/KEY: put back',
    '1',
    'change file /etc/credentials/KEY: put back',
    '1',
    '700',
    '600',
  ]);
});
