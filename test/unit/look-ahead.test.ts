/** The check of an app's unit: its command is looked for in the release that comes with it. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';
import { scratchDirectory } from './scratch.ts';

const folder = scratchDirectory('look-ahead');
const release = join(folder, 'releases/1a2b');

/** The unit as the check reads it, where the program of the release begins so; what is wrong, otherwise. */
function ahead(first: string, more = ''): string {
  const program = join(release, 'bin/serve');
  const unit = join(folder, 'shop@.service');
  mkdirSync(join(release, 'bin'), { recursive: true });
  writeFileSync(program, first);
  chmodSync(program, 0o755);
  writeFileSync(unit, `[Service]\n${more}ExecStart=/srv/shop/current/bin/serve --port 1\n`);
  return (
    hostShell(`name=shop coming=${release}
    (look_ahead_in ${unit}) 2>&1 || exit 0`).trim() || readFileSync(unit, 'utf8')
  );
}

test('the command is the one of the release that comes, and of no other', () => {
  for (const first of ['#!/bin/sh\n', '#! /bin/sh -e\n', '#!/usr/bin/env sh\n', '\x7fELF\0\0', ''])
    assert.equal(ahead(first), `[Service]\nExecStart=${release}/bin/serve --port 1\n`, first);
});

test('what runs it must be on the server, where the app would find it', () => {
  const missing = (first: string, more?: string) =>
    /begins with #!(.*), which is not on this server; name its package/.exec(
      ahead(first, more),
    )?.[1];
  assert.equal(missing('#!/usr/bin/no-such\n'), '/usr/bin/no-such');
  assert.equal(missing('#!/usr/bin/env no-such\n'), '/usr/bin/env no-such');
  assert.equal(missing('#!/usr/bin/env -S sh -e\n'), undefined);
  const own = join(folder, 'node');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'kit-node'), '', { mode: 0o755 });
  assert.equal(missing('#!/usr/bin/env kit-node\n'), '/usr/bin/env kit-node');
  assert.equal(missing('#!/usr/bin/env kit-node\n', `Environment=PATH=${own}:/bin\n`), undefined);
});

/** What is said of a timer with this calendar, where systemd answers so. */
function calendars(calendar: string, answer: string): string {
  const work = join(folder, 'calendars');
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'systemd-analyze'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
  return hostShell(`work=${work} PATH=${work}:$PATH
    sed() { echo '${calendar}'; }
    (check_calendars nginx.service clean.timer) 2>&1 || exit 0`).trim();
}

test('a time that never comes is refused, and so is what systemd does not read', () => {
  assert.equal(calendars('03:30', 'echo "    Next elapse: Sun 2026-11-29 03:30:00 UTC"'), '');
  assert.equal(
    calendars('*-02-30', 'echo "    Next elapse: never"'),
    'keelson: at of clean: "*-02-30" never comes; mend it',
  );
  assert.equal(
    calendars('08:00 Europe/Nowhere', 'echo "Failed to parse calendar specification" >&2; exit 1'),
    'keelson: at of clean: Failed to parse calendar specification',
  );
});
