/** What the sandbox refused, told from the last words of a release that failed: the setting that would allow it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

const unit = [
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'SystemCallFilter=@system-service',
];

/** The reason that is told where an instance said this; the release lies in $root/srv, as if it were /srv/shop. */
const told = (words: string, lines: readonly string[] = unit, reason = 'exited with status 1') =>
  run(
    `home=/srv/shop real=/mnt/big/shop reason='${reason}'
    printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} >"$root/etc/unit"
    evidence=$(cat)
    name_refusal
    printf '%s\\n' "$reason"`,
    words,
  ).trimEnd();

const after = (words: string, lines?: readonly string[], reason?: string): string => {
  const whole = told(words, lines, reason);
  return whole.replace(/^[^;]*(; )?/, '');
};

const here = `/srv/shop/releases/${'c'.repeat(64)}`;

const refusals: [string, string, string, string[]?][] = [
  [
    'next start without netlink',
    'SystemError [ERR_SYSTEM_ERROR]: A system error occurred: uv_interface_addresses returned Unknown system error 97',
    'apps.shop.sandbox.netlink: true lets it list the network interfaces',
    ['RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6'],
  ],
  [
    'a database past network: none',
    'Error: socket EAFNOSUPPORT',
    'apps.shop.sandbox.network: any lets it reach others',
    ['RestrictAddressFamilies=AF_UNIX AF_NETLINK'],
  ],
  [
    'a request past network: localhost',
    'Error: connect EPERM 192.0.2.1:443 - Local (0.0.0.0:0)',
    'apps.shop.sandbox.network: any lets it reach others',
    [...unit, 'IPAddressDeny=any'],
  ],
  [
    'a port that is root’s',
    'Error: listen EACCES: permission denied 0.0.0.0:80',
    'it may not listen at a port below 1024; let it listen at PORT, where nginx asks',
  ],
  [
    'an upload into the release',
    `Error: EROFS: read-only file system, open '${here}/public/uploads/a.png'`,
    'it may not write public/uploads/a.png in its release; apps.shop.linked: [public/uploads] keeps that outside of it',
  ],
  [
    'a recursive mkdir, which Node.js reports so, where /srv leads elsewhere',
    `Error: ENOENT: no such file or directory, mkdir '/mnt/big/shop/releases/${'c'.repeat(64)}/.next/cache'`,
    'it may not write .next/cache in its release; apps.shop.linked: [.next/cache] keeps that outside of it',
  ],
  [
    'a relative path',
    "Error: EROFS: read-only file system, mkdir './uploads'",
    'it may not write uploads in its release; apps.shop.linked: [uploads] keeps that outside of it',
  ],
  [
    'a file beside the code, which no link stands for',
    "Error: EACCES: permission denied, open 'db.json'",
    'it may not write db.json in its release; apps.shop.data gives it directories for its files',
  ],
  [
    'what is renamed into place',
    `Error: EROFS: read-only file system, rename '/tmp/a b' -> '${here}/cache/b'`,
    'it may not write cache/b in its release; apps.shop.linked: [cache] keeps that outside of it',
  ],
  [
    'a place of the host',
    "Error: EROFS: read-only file system, open '/var/lib/shop/x.db'",
    'it may not write /var/lib/shop/x.db; apps.shop.sandbox.writable: [/var/lib/shop] allows it, where its mode does',
  ],
  [
    'a home that is nobody’s',
    "Error: ENOENT: no such file or directory, mkdir '/nonexistent/.cache'",
    'it may not use /nonexistent/.cache; its own home is HOME, and apps.shop.data gives it directories',
  ],
  [
    'an owner',
    `Error: EPERM: operation not permitted, chown '/srv/shop/data/x'`,
    'apps.shop.sandbox.calls: ["@chown"] lets it change owners',
  ],
  [
    'a priority',
    'SystemError [ERR_SYSTEM_ERROR]: A system error occurred: uv_os_setpriority returned EPERM (operation not permitted)',
    'apps.shop.sandbox.calls: ["@resources"] lets it change priorities',
  ],
  [
    'WebAssembly without jit',
    'ReferenceError: WebAssembly is not defined',
    'apps.shop.sandbox.jit: true lets it run WebAssembly',
    [...unit, 'MemoryDenyWriteExecute=yes'],
  ],
  [
    'a database that SQLite opens to be read alone',
    'SqliteError: attempt to write a readonly database',
    'it may not write a database there; apps.shop.data gives it directories, apps.shop.linked keeps paths of the release outside of it',
  ],
  [
    'a database that SQLite would have to make',
    'Error: SQLITE_CANTOPEN: unable to open database file',
    'it may not write a database there; apps.shop.data gives it directories, apps.shop.linked keeps paths of the release outside of it',
  ],
  [
    'an upload that is moved to where it is to lie',
    `Error: EXDEV: cross-device link not permitted, rename '/var/tmp/x' -> '/srv/shop/uploads/x'`,
    'it moves a file from one of its directories to another, which are mounts of their own; copy it, or let apps.shop.env.TMPDIR lie in that one',
  ],
  [
    'a module that came from a Mac',
    `Error: ${here}/node_modules/better-sqlite3/build/Release/better_sqlite3.node: invalid ELF header`,
    'a module of it was built for another system or processor; install its dependencies on Linux of the kind of the server',
  ],
  [
    'a module of another processor',
    `Error: ${here}/node_modules/a/build/Release/a.node: cannot open shared object file: No such file or directory`,
    'a module of it was built for another system or processor; install its dependencies on Linux of the kind of the server',
  ],
  [
    'a module of another Node.js',
    `was compiled against a different Node.js version using\nNODE_MODULE_VERSION 137. This version of Node.js requires\nNODE_MODULE_VERSION 108. Please try re-compiling`,
    'a module of it was built for another version of Node.js; install its dependencies with the one that runs it, or name theirs as apps.shop.node',
  ],
  [
    'a browser',
    '[1:1:FATAL:zygote_host_impl_linux.cc(128)] No usable sandbox! If you are running on Ubuntu',
    'its browser may make no sandbox within this one; start it with --no-sandbox',
  ],
  [
    'a page that Next.js renews',
    `Failed to update prerender cache for /a [Error: EROFS: read-only file system, open '${here}/.next/server/app/a.html']`,
    'Next.js may not write pages that it renews in its release; with experimental.isrFlushToDisk: false it keeps them in memory',
  ],
  [
    'a page that Next.js renews apart from its code',
    `Failed to update prerender cache for /a [Error: EROFS: read-only file system, mkdir '${here}/.next/server/route-cache/a']`,
    'apps.shop.scratch: [.next/server/route-cache] lets Next.js keep the pages there that it renews',
  ],
  [
    'another language',
    'mkdir: cannot create directory x: Read-only file system',
    'it may write no files but its own; apps.shop.linked keeps paths of the release outside of it, apps.shop.sandbox.writable allows others',
  ],
  [
    'a system call that ends who asks',
    'shop@3700.service: Main process exited, code=killed, status=31/SYS',
    'it used a system call that its sandbox refuses; apps.shop.sandbox.calls allows more of them',
  ],
];

for (const [title, words, remedy, lines] of refusals)
  test(`the setting that would allow ${title}`, () => assert.equal(after(words, lines), remedy));

test('an instance that was ended by SIGSYS says nothing, and is told all the same', () => {
  assert.match(after('', unit, 'was ended by signal 31'), /apps\.shop\.sandbox\.calls allows/);
});

test('what has no mark of a refusal is told as it was', () => {
  for (const words of [
    '',
    'Error: no database',
    'Error: ENOENT: no such file or directory, open .env',
    "Error: ENOENT: no such file or directory, open '/srv/shop/current/views/a.html'",
    "Error: EACCES: permission denied, open '/srv/shop/sessions/x'",
    "Error: EACCES: permission denied, mkdir '/tmp/x'",
    // Nothing that a setting has taken away.
    'Error: connect EPERM 192.0.2.1:443',
    'SystemError: uv_interface_addresses returned Unknown system error 97',
    'ReferenceError: WebAssembly is not defined',
  ])
    assert.equal(told(words), 'exited with status 1', words);
});

test('of several marks the last that names a path counts', () => {
  const words = [
    "Error: EROFS: read-only file system, open 'a/1'",
    "Error: EROFS: read-only file system, open 'b/2'",
    "  code: 'EROFS',",
  ];
  assert.match(after(words.join('\n')), /^it may not write b\/2 in its release/);
});

test('nothing of what an app says is told but a path of plain letters', () => {
  for (const path of [
    '$(touch /tmp/x)',
    'a\u001b[2J/b',
    'a"b/c',
    'a\u202eb/c',
    '../../etc/x',
    `${'x/'.repeat(200)}y`,
    "a'; keelson: forged",
  ]) {
    const whole = told(`Error: EROFS: read-only file system, mkdir '${path}'`);
    assert.match(
      whole,
      /^exited with status 1(; it may write no files but its own; .*|; it may not write a in its release; .*)?$/,
      path,
    );
  }
});
