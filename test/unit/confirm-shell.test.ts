/** What the helper keeps and says of a change that has to be confirmed, with what would change this machine left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

// systemd is not asked, and no unit is written here.
const start = `
CONFIRM=$STATE/confirm manifest=access run=r1 confirm_seconds=90 armed='' rows="\${NEWLINE}change\${TAB}file\${TAB}/x\${TAB}mode\${TAB}1\${TAB}2$NEWLINE"
touch "$work/obsolete" "$work/said"
systemctl() { echo "systemctl $*" >&2; }
keep_before() { mkdir -p "$1/old" && : >"$1/files" && echo "$run" >"$1/run"; }
write_boot_unit() { :; }
disarm() { rm -rf "$CONFIRM/$1"; }
start_timer() { :; }
trap - EXIT
`;
const says = (lines: string, memory: Record<string, string> = {}): string =>
  hostShell(`${start}\n(${lines}) 2>&1 || echo "ends with $?"`, { memory });

const stored = (run: string) => `keelson 1 access\nrun ${run}\n\nconfirm\t90\nend\n`;

test('nothing is changed where what is there cannot be kept, or nobody would take it back', () => {
  assert.match(
    says('keep_before() { echo "no room" >"$work/complaints"; return 1; }; arm_confirmation'),
    /^keelson: refused, no file was changed: what is there now cannot be kept \(no room\)\nends with 1\n$/,
  );
  assert.match(
    says('write_boot_unit() { echo "no room" >&2; return 1; }; arm_confirmation'),
    /^keelson: refused, no file was changed: no unit that takes access back at a boot \(no room\)\nends with 1\n$/,
  );
  assert.match(
    says('start_timer() { echo "no bus" >&2; return 1; }; arm_confirmation'),
    /^keelson: refused, no file was changed: no timer that takes access back \(no bus\)\nends with 1\n$/,
  );
  assert.match(
    says('flock() { return 1; }; arm_confirmation'),
    /^keelson: access is being taken back right now; run up again\nends with 1\n$/,
  );
});

test('only what can shut somebody out has to be confirmed', () => {
  const armed = (kind: string) =>
    says(
      `rows="\${NEWLINE}new\${TAB}${kind}\${TAB}x\${TAB}state\${TAB}\${TAB}$NEWLINE"; arm_confirmation; echo "armed=\${armed##*/}"`,
    );
  assert.equal(armed('sysctl'), 'armed=access\n');
  assert.equal(armed('package'), 'armed=\n');
  assert.equal(says('confirm_seconds=\'\'; arm_confirmation; echo "armed=$armed"'), 'armed=\n');
});

test('a change that is made and cannot be waited for fails', () => {
  assert.match(
    says('systemctl() { echo "no bus" >&2; return 1; }; armed=x; await_confirmation'),
    /^keelson: no timer that takes access back: no bus\nends with 1\n$/,
  );
});

test('a path is kept once, as it was at first', () => {
  const printed = says(`
    armed=$CONFIRM/access; mkdir -p "$armed/old"; : >"$armed/files"
    echo one >"$STATE/a"; keep_way "$STATE/a"; echo two >"$STATE/a"; keep_way "$STATE/a"
    echo other >"$STATE/ab"; keep_way "$STATE/ab"; keep_way "$STATE/none"
    sed "s,$STATE/,,g" "$armed/files"; cat "$armed/old/1"`);
  assert.equal(printed, 'confirm/access/old/1\ta\nconfirm/access/old/2\tab\n-\tnone\none\n');
  // On another file system it lies beside, and only has to be renamed too.
  assert.equal(
    says(`
      armed=$CONFIRM/access; mkdir -p "$armed/old"; : >"$armed/files"; echo one >"$STATE/a"
      stat() { echo "$3"; }; keep_way "$STATE/a"; echo two >"$STATE/a"; cat "$STATE/a.keelson-kept"
      undo_files "$armed/files"; cat "$STATE/a"; ls "$STATE"/*.keelson-kept 2>/dev/null`),
    'one\none\nends with 2\n',
  );
  assert.match(
    says(`armed=$CONFIRM/access; mkdir -p "$armed/old"; : >"$armed/files"; echo one >"$STATE/a"
      cp() { echo "no room" >&2; return 1; }; keep_way "$STATE/a"`),
    /^keelson: \S+\/a cannot be kept: no room\nends with 1\n$/,
  );
});

test('what is confirmed is so for good; what went back is told with what the log has of it', () => {
  const confirm = (memory: Record<string, string>, more = '') =>
    says(`${more} confirm r1 web1; cat "$work/said"`, memory);
  assert.match(confirm({ 'confirm/access/run': 'r1\n' }), /^change access: confirmed\n$/);
  assert.equal(confirm({ 'manifests/access': stored('r1'), 'manifests/base': 'x' }), '');
  const log = 'now r1 access change access: not confirmed in time, goes back\nnow r2 access x\n';
  assert.equal(
    confirm({ 'pending/access': stored('r1'), log }).replace(/\/\S+log /, 'LOG '),
    'keelson: access went back to what was there before, since no new connection had confirmed it in time; mend what shut this run out, and run up again. LOG says:\n    | change access: not confirmed in time, goes back\nends with 1\n',
  );
  assert.match(
    confirm({ 'manifests/access': stored('r9') }),
    /^keelson: what had to be confirmed went back/,
  );
  assert.match(
    confirm({}, 'flock() { return 1; };'),
    /^keelson: what run r1 changed is being taken back; run up again when that is done\nends with 1\n$/,
  );
});

test('what went back is only begun, and what was applied before it is applied again', () => {
  const memory = {
    'manifests/access': stored('r1'),
    'confirm/access/manifest': stored('r0'),
  };
  assert.equal(
    says(
      'put_memory_back "$CONFIRM/access"; cat "$STATE/manifests/access" "$STATE/pending/access"',
      memory,
    ),
    stored('r0') + stored('r1'),
  );
  // One that was killed in the middle had noted nothing as applied.
  assert.equal(
    says('put_memory_back "$CONFIRM/access"; cat "$STATE/manifests/access"; ls "$STATE/pending"', {
      'manifests/access': stored('r0'),
    }),
    stored('r0'),
  );
});

test('what was cut off while it went back goes on from there', () => {
  assert.equal(
    says(`mkdir -p "$CONFIRM/access/old"; echo old >"$CONFIRM/access/old/2"; echo back >"$STATE/a"; echo new >"$STATE/b"
      printf '%s\\t%s\\n' "$CONFIRM/access/old/1" "$STATE/a" "$CONFIRM/access/old/2" "$STATE/b" - "$STATE/c" >"$CONFIRM/access/files"
      echo new >"$STATE/c"; undo_files "$CONFIRM/access/files"; cat "$STATE/a" "$STATE/b"; ls "$STATE/c" 2>/dev/null`),
    'back\nold\nends with 2\n',
  );
});
