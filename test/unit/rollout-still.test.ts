/** The rollout of what has no instances: the switch, what comes before and after it, and the way back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rollout } from '../../components/host/kinds.ts';
import { run } from './rollout-shell.ts';

const [was, now] = ['a'.repeat(64), 'b'.repeat(64)];
const releases = { app: 'shop', release: now, hookTimeout: 600, keep: 5 };

test('a job says what its hooks run, and what comes back with an older release', () => {
  const { state, instructions } = rollout({
    ...{ ...releases, type: 'job', unit: 'u', environment: 'e' },
    before: ['node', 'migrate.js'],
  });
  assert.deepEqual(state, { current: now });
  assert.deepEqual(instructions, {
    ...{ '@type': 'job', '@unit': 'u', '@environment': 'e' },
    ...{ '@before': 'node migrate.js', '@after': '', '@hook': '600', '@kept': '5' },
  });
});

test('a static site says how nginx is asked for it, and what it cannot be without', () => {
  const site = { host: 'shop.example.com', path: '/', files: ['index.html', '404.html'] };
  const { state, instructions } = rollout({ ...releases, type: 'static', site });
  assert.deepEqual(state, { current: now });
  assert.deepEqual(instructions, {
    ...{ '@type': 'static', '@host': 'shop.example.com', '@path': '/' },
    ...{
      '@files': 'index.html 404.html',
      '@before': '',
      '@after': '',
      '@hook': '600',
      '@kept': '5',
    },
  });
});

/** Two releases, of which the first is current and good; `curl` answers what $codes say, one after another. */
const prepared = (type: string) => `
type=${type} host=a.de path=/ needed_files='' before='' after='' hook_time=9 kept=5 leave=0 keys='' public='' changed=yes
release=${now} old=${was} current=${was} identity="${now}" line="rollout${'\t'}shop${'\t'}@type=${type}${'\t'}@kept=5"
observation="rollout${'\t'}shop${'\t'}current=${was}"
for one in ${was} ${now}; do mkdir -p "$home/releases/$one"; echo hi >"$home/releases/$one/index.html"; done
point "$home/current" "$home/releases/${was}"
mkdir -p "$place/good"; printf '${was}\\t\\t\\t\\n' >"$place/good/identity"; echo "$line" >"$place/good/item"
timer_file() { echo "$root/etc/timer"; }
flock() { echo "flock $*" >>"$root/asked"; }
codes='200 200'
site_file() { echo "$root/etc/site"; }
: >"$root/etc/site"
curl() { read -r code rest <"$root/codes"; echo "$rest" >"$root/codes"; printf %s "$code"; }
links() { for link in current previous; do readlink "$home/$link" | sed "s,.*/\\(.\\).*,$link \\1,"; done; ls "$place"; }
roll() { echo "$codes" >"$root/codes"; (roll_still) || :; links; }
`;

const rolled = (type: string, settings: string): string[] =>
  run(`${prepared(type)}${settings}\nroll`)
    .trim()
    .split('\n');

test('a site is switched, and the release before it is read too', () => {
  assert.deepEqual(rolled('static', 'needed_files=index.html'), [
    'change rollout shop current aaaaaaaa → bbbbbbbb',
    ...['current b', 'previous a', 'good', 'history', 'previous'],
  ]);
});

test('of a job there is no other release, and no run begins meanwhile', () => {
  const script = `${prepared('job')}roll; cat "$root/asked"`;
  assert.deepEqual(run(script).trim().split('\n').slice(1), [
    ...['current b', 'good', 'history', 'previous', 'runs', 'flock 7'],
  ]);
});

const failures: [string, string, string, RegExp][] = [
  [
    'static',
    'a file is missing',
    'needed_files="index.html 404.html"',
    /bbbbbbbb has no file 404.html;/,
  ],
  [
    ...['static', 'nginx answers worse than before', "codes='200 404'"],
    /bbbbbbbb is answered with 404 by nginx, and 200 before, to http:\/\/127.0.0.1\/ \(Host: a.de\);/,
  ],
  [
    'static',
    'nginx does not answer',
    "codes='301 000'",
    /bbbbbbbb got no answer of nginx, to http/,
  ],
  [
    ...['job', 'its hook fails', 'before="node migrate.js"; run_as_app() { return 1; }'],
    /rollout shop: the hook "before" failed: node migrate.js;/,
  ],
] as unknown as [string, string, string, RegExp][];

for (const [type, title, settings, message] of failures)
  test(`all is as before where ${title}`, () => {
    const said = rolled(type, `${settings}; point "$home/previous" "$home/releases/ccc"`);
    assert.match(said[0] ?? '', message);
    assert.match(said[0] ?? '', /; aaaaaaaa is current as before$/);
    assert.deepEqual(
      said.filter((line) => /^(current|previous) /.test(line)),
      ['current a', 'previous c'],
    );
    assert.deepEqual(
      said.filter((line) => /^(failed|good|moving|next)$/.test(line)),
      ['failed', 'good'],
    );
  });

test('a site that is served over TLS is asked so, where it would only be sent', () => {
  const tls = ': >"$root/etc/site.tls"; curl() { echo "$*" >>"$root/asked"; printf 200; }';
  const asked = run(`${prepared('static')}${tls}\nroll; cat "$root/asked"`);
  assert.match(asked, /--insecure --resolve a\.de:443:127\.0\.0\.1 .* https:\/\/a\.de\/$/m);
  assert.match(
    rolled('static', `: >"$root/etc/site.tls"; codes='200 404'`)[0] ?? '',
    /with 404 by nginx, and 200 before, to https:\/\/a\.de\/ \(Host: a\.de\);/,
  );
});

test('a first release that fails leaves no link', () => {
  const said = rolled('static', `current='' old=''; rm "$home/current"; needed_files=none.html`);
  assert.match(said[0] ?? '', /bbbbbbbb has no file none.html; nothing of it is current$/);
  assert.doesNotMatch(said.join('\n'), /^current/m);
});

test('a site that is closed, new or behind a password is not asked again', () => {
  for (const code of ['503', '401', '000', ''])
    assert.match(rolled('static', `codes='${code} 404'`).join('\n'), /^current b$/m);
  assert.match(rolled('static', `rm "$root/etc/site"; codes='200 404'`).join('\n'), /^current b$/m);
});

test('a link that somebody moved is put right, without hooks and without a question', () => {
  const said = rolled(
    'static',
    `changed=no old=''; release=${was} before=false; point "$home/current" /tmp; codes='200 404'`,
  );
  assert.match(said.join('\n'), /^current a$/m);
});

test('the last hook fails, and the release is current nevertheless', () => {
  const said = rolled('job', `after='node purge.js'; run_as_app() { return 1; }`);
  assert.match(
    said.join('\n'),
    /failed: rollout shop: the hook "after" failed: node purge.js; bbbbbbbb is current nevertheless/,
  );
  assert.match(said.join('\n'), /^current b$/m);
});

test('what was cut in the middle is put back, and is not taken for done', () => {
  const script = `${prepared('static')}stage=trial; note_moving ''; point "$home/current" "$home/releases/${now}"
    was_cut_still "$line" && echo cut; was_cut_still "rollout${'\t'}shop${'\t'}@type=web${'\t'}" || echo 'with instances: no'
    end_hooks() { :; }; open_ports() { :; }; printf 'r\\nme\\nnew\\n%s\\n' "$line" >"$place/order"
    recover; was_cut_still "$line" || echo whole; links`;
  assert.deepEqual(run(script).trim().split('\n'), [
    ...['cut', 'with instances: no', 'whole', 'current a', 'good', 'order'],
  ]);
});
