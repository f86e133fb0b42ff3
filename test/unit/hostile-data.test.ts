/** What an app chooses, as the shell of a host reads it: names of attributes, logs of any length, its own directory. */
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';
import { run } from './rollout-shell.ts';
import { scratchDirectory } from './scratch.ts';

const scratch = scratchDirectory('hostile-data');

test('a name of an attribute ends no field and no line of what is seen', () => {
  const lines = [
    'path\t/srv/shop/media\td\tshop\twww-data\t2770\t',
    'section\tattribute',
    '# file: /srv/shop/media',
    'user.blank ',
    'user.tab\tforeign\\075x',
    'user.line\\012# file: /etc/passwd',
    'user.\u001b[31m\u00ff,x',
    'user.empty',
    '',
    'section\titems',
    'directory\t/srv/shop/media\towner=shop',
  ];
  const seen = hostShell('join_paths', { input: `${lines.join('\n')}\n` });
  assert.equal(
    seen,
    'directory\t/srv/shop/media\towner=shop\tgroup=www-data\tmode=2770\txattr=user.blank?,user.tab?foreign\\075x,user.line\\012#?file:?/etc/passwd,user.?[31m???x,user.empty\n',
  );
});

test('they are taken away by their own names, to the byte', () => {
  const names = [
    'user.blank ',
    'user.line\\012x',
    'user.back\\134slash',
    'user.eq\\075x',
    'user.%s',
  ];
  const script = `chattr() { :; }
    getfattr() { printf '%s\\n' '# file: /x' ${names.map((name) => `'${name}'`).join(' ')} security.selinux ''; }
    setfattr() { printf '[%s]\\n' "$3"; [ "$3" != user.%s ]; }
    clear_attributes /nowhere; echo done`;
  assert.equal(
    hostShell(script),
    '[user.blank ]\n[user.line\nx]\n[user.back\\slash]\n[user.eq=x]\n[user.%s]\ndone\n',
  );
});

test('what an owner sets back at its own directory is told; anything else is an error', () => {
  const remains = (rows: string): string =>
    hostShell(
      `wanted="directory$TAB/srv/shop/media\${TAB}owner=shop\${TAB}mode=2770
directory$TAB/srv/shop\${TAB}owner=root\${TAB}mode=0755"
      manifest=app-shop units_begun='' excused='' rows=$NEWLINE"${rows}"$NEWLINE
      : >"$work/said"
      (refuse_remains) 2>&1 || :
      cat "$work/said"`,
    );
  const own = 'change\tdirectory\t/srv/shop/media\tmode\t0777\t2770';
  assert.equal(
    remains(own),
    'warn   directory /srv/shop/media: mode is 0777, not 2770: its owner sets it back\n',
  );
  assert.match(remains('change\tdirectory\t/srv/shop\tmode\t0777\t0755'), /something on the host/);
  assert.match(remains('change\tdirectory\t/srv/shop/media\towner\troot\tshop'), /owner is root/);
  assert.match(
    remains(`${own}\nchange\tuser\tshop\tshell\ta\tb`),
    /keelson: user shop: shell is a/,
  );
});

test('of a log the end is read, though it is long, full of holes and without a line break', () => {
  const log = join(scratch, '3700.log');
  writeFileSync(log, 'before\n');
  truncateSync(log, 2 ** 40);
  writeFileSync(log, '\nlast words\nand more', { flag: 'a' });
  const before = join(scratch, 'before');
  writeFileSync(before, '7\n');
  const began = performance.now();
  const read = (path: string) => run(`log_of "${path}" "${before}" | last_lines 40`);
  assert.equal(read(log), '    \n    last words\n    and more\n');
  assert.ok(performance.now() - began < 5000);
  assert.equal(read(join(scratch, 'none')), '');
  writeFileSync(log, 'new');
  assert.equal(read(log), '    new\n', 'it was rotated');
});

test('of what is longer than a message may be, the end is kept', () => {
  const said = run(`last_lines 40`, `${'x'.repeat(200_000)}\nend\n`);
  const [first = '', last] = said.split('\n');
  assert.deepEqual([first.length, last], [304, '    end']);
});

test('an answer takes no more room than a mebibyte, and is judged by its beginning', () => {
  const asked = (text: string) =>
    run(`curl() { { echo "all is well"; head -c 3000000 /dev/zero; } 2>/dev/null >"$work/answer" || :; printf '200 '; return 23; }
      health=http start=60 patience=5 status=200 text='${text}' host=h path=/up
      if ask 3700; then echo good; else echo "$answer"; fi; wc -c <"$work/answer"`);
  assert.equal(asked('is well'), 'good\n1048576\n');
  assert.equal(
    asked('zz'),
    'answered 200 to http://127.0.0.1:3700/up (Host: h, X-Forwarded-Proto: https), but without "zz"\n1048576\n',
  );
});

/** What is given to root of a directory with these numbers, when the app goes; `accounts` are there. */
const given = (numbers: string, line: string, all = '', accounts = 'shop'): string =>
  hostShell(`printf 'user\\tshop\\ngroup\\tshop\\nuser\\tshop\\n' >"$work/obsolete"
    stat() { echo '${numbers}'; }
    id() { case $1 in -?) of=$2 ;; *) of=$1 ;; esac
      case " ${accounts} " in *" $of "*) ;; *) return 1 ;; esac
      case $1 in -u) echo 990 ;; -g) echo 980 ;; esac; }
    getent() { case $2 in shop) [ -z '${accounts}' ] || echo shop:x:980: ;; www-data) echo www-data:x:33: ;; adm) echo adm:x:4: ;; esac; }
    chown() { echo "chown $*"; }
    find() { echo x; }
    forget_in_acls() { echo "acl $going_users/$going_groups"; }
    leave_to_root /x "directory$TAB/x\${TAB}${line}" ${all}`);

test('what stays becomes root’s as user and as group, but for groups whose numbers are Debian’s own', () => {
  const uploads = 'owner=shop\tgroup=www-data\tmode=2770';
  assert.equal(
    given('990 33', uploads, 'all'),
    'chown -Rh root /x\nchown -Rh --from=:980 :root /x\nacl 990/980\n',
  );
  assert.equal(
    given('990 980', 'owner=shop\tgroup=shop\tmode=2750', 'all'),
    'chown -Rh root:root /x\nacl 990/980\n',
  );
  // What is not the app's alone: its own there, and nothing of others.
  assert.equal(
    given('0 980', 'owner=root\tgroup=shop\tmode=2750'),
    'chown -Rh --from=990 root /x\nchown -Rh --from=:980 :root /x\nacl 990/980\n',
  );
  assert.match(
    given('0 0', 'owner=root\tgroup=root\tmode=0755'),
    /^chown -Rh --from=990 root \/x\n/,
  );
});

test('of an account that was lost nobody knows the numbers: all becomes root’s', () => {
  const uploads = 'owner=shop\tgroup=www-data\tmode=2770';
  assert.match(given('990 33', uploads, 'all', ''), /^chown -Rh root:root \/x\n/);
});

test('what comes and goes while its owner is mended is no error, and takes no second pass', () => {
  const mended = (complaint: string): string =>
    hostShell(`owner=shop group=shop path=/x manifest=app-shop
      : >"$work/said"
      timeout() { shift 3; echo "$*"; ${complaint && `echo "${complaint}" >&2; return 1;`} }
      chattr() { echo chattr; }
      give_deeply 60
      cat "$work/said"`);
  const once = 'chown -Rh shop:shop /x\n';
  assert.equal(mended(''), once);
  assert.equal(mended("chown: cannot access '/x/a': No such file or directory"), once);
  assert.equal(
    mended("chown: changing ownership of '/x/a': Operation not permitted"),
    `${once}chattr\n${once}warn   directory /x: not all that it holds is shop's: chown: changing ownership of '/x/a': Operation not permitted; see to it by hand: chown -Rh shop:shop /x\n`,
  );
});
