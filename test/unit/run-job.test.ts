/** `keelson run JOB`: what it says and how it ends, with stand-ins for systemctl and journalctl. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

/** A job of which systemd says so much when it has ended; `sed` and `grep` see its unit where there is none. */
const ran = (properties: string, settings = ''): string =>
  run(`
grep() { case $* in *'^# One run'*/clean.service) return 0 ;; *'^# One run'*.service) echo /etc/systemd/system/clean.service ;; *) command grep "$@" ;; esac; }
sed() { case $1 in -n) ;; *) command sed "$@" ;; esac; }
sleep() { command sleep 0.01; }
journalctl() { case $* in *_SYSTEMD_UNIT=clean.service*) [ -f "$root/said" ] || { echo hello; : >"$root/said"; } ;; esac; }
systemctl() { case $* in *ActiveState*) echo "\${state:-inactive}" ;; *Result*) printf '${properties}' ;; esac; }
fail() { echo "failed: $1"; exit 1; }
${settings}
(run_job "\${job_named:-clean}" 2>&1) && echo 'status 0' || echo "status $?"`);

const ends: [string, string, string][] = [
  ['well', 'Result=success\\nExecMainStatus=0\\n', 'hello\nstatus 0\n'],
  [
    'with a status of its own',
    'Result=exit-code\\nExecMainStatus=7\\n',
    'hello\nkeelson: clean exited with status 7\nstatus 7\n',
  ],
  [
    'out of time',
    'Result=timeout\\nExecMainStatus=15\\n',
    'hello\nkeelson: clean took longer than it may, and was ended\nstatus 124\n',
  ],
  [
    'by a signal',
    'Result=signal\\nExecMainStatus=9\\n',
    'hello\nkeelson: clean was ended by signal 9\nstatus 137\n',
  ],
  [
    'out of memory',
    'Result=oom-kill\\nExecMainStatus=9\\n',
    'hello\nkeelson: clean used more memory than it may, and was killed\nstatus 137\n',
  ],
  [
    'before it began',
    'Result=resources\\nExecMainStatus=0\\n',
    'hello\nkeelson: clean failed: resources \nstatus 1\n',
  ],
];

for (const [title, properties, said] of ends)
  test(`a run that ends ${title}`, () => assert.equal(ran(properties), said));

test('who may run a job is not given what others upload', () => {
  const given = (command: string) =>
    run(`chown() { echo "chown $*" | sed "s,$root,,"; }
      SUDO_USER=deploy command=${command}; give_incoming`);
  for (const command of ['run', 'restart', 'rollback', 'releases', 'rollout'])
    assert.equal(given(command), '');
  assert.equal(given('apply'), 'chown deploy /state/incoming\n');
  assert.equal(given('installed'), 'chown deploy /state/incoming\n');
});

test('a job that runs is not run twice', () => {
  const said = ran('', 'state=activating');
  assert.match(
    said,
    /^failed: clean runs already, and never twice at once; what it says: journalctl -fu clean.service\n/,
  );
});

test('a name that is no job', () => {
  for (const name of ['nobody', '../clean', 'clean x', ''])
    assert.match(
      ran(
        '',
        `grep() { case $* in *-ls*) echo /etc/systemd/system/clean.service ;; *) return 1 ;; esac; }; job_named='${name || ' '}'`,
      ),
      /^failed: there is no job .* here; choose among: clean\n/,
    );
});
