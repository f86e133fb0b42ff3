/** How Monit is asked, in the shell that runs there; Monit itself is asked in scenarios. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const answers = 'printf "Program \'up\'\\n  monitoring status            Monitored\\n"';

/** What is seen of a check, and how often Monit was asked. */
const observe = (timeout: string, more = ''): string =>
  hostShell(`MONIT=$STATE/monit && mkdir -p "$MONIT/conf.d" && : >"$STATE/asked"
timeout() { echo >>"$STATE/asked"; times=$(wc -l <"$STATE/asked"); ${timeout}; }
systemctl() { :; }
sleep() { :; }
${more}
observe_monitor "monitor\tup\tstate=monitored"
wc -l <"$STATE/asked"`);

const ours = 'remembered="monitor\tup\tstate=monitored"';

test('a check is as Monit says', () => {
  assert.equal(observe(answers), 'monitor\tup\tstate=monitored\n1\n');
  assert.equal(observe(answers.replace("'up'", "'down'")), 'monitor\tup\tstate=not loaded\n1\n');
});

test('one of ours that reads its files anew is asked once more, one of which nothing is ours is not', () => {
  const second = `[ "$times" = 2 ] && ${answers}`;
  assert.equal(observe(second, ours), 'monitor\tup\tstate=monitored\n2\n');
  // Of one that is being set up just now a pending manifest tells.
  assert.equal(
    observe(second, ours.replace('remembered', 'was_begun')),
    'monitor\tup\tstate=monitored\n2\n',
  );
  assert.equal(observe(second), 'monitor\tup\tstate=unknown\n1\n');
});

test('one that was waited for is not asked again', () => {
  assert.equal(observe('return 124', ours), 'monitor\tup\tstate=unknown\n1\n');
});

test('one that would wait for a pipe is not asked', () => {
  const pipe = `${ours}; mkfifo "$MONIT/conf.d/own"`;
  assert.equal(observe(answers, pipe), 'monitor\tup\tstate=unknown\n0\n');
  // What it reads without waiting, or does not read, is in nobody's way.
  const others =
    'ln -s /dev/null "$MONIT/conf.d/masked"; mkdir "$MONIT/conf-available"; mkfifo "$MONIT/conf-available/own"';
  assert.equal(observe(answers, others), 'monitor\tup\tstate=monitored\n1\n');
});
