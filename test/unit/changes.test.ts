import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesOf } from '../../components/pulumi/changes.ts';

const header = (run: string) => ({ run, lines: [] });

test('what each command did is told with the run that did it', () => {
  const printed = {
    base: 'change package acl: created\nchange file /etc/a: created\n',
    nginx: 'drift  file /etc/b: mode 0666 → 0644\n',
  };
  assert.deepEqual(changesOf(printed, { base: header('r1'), nginx: header('r2') }), {
    base: { run: 'r1', lines: ['change package acl: created', 'change file /etc/a: created'] },
    nginx: { run: 'r2', lines: ['drift  file /etc/b: mode 0666 → 0644'] },
  });
});

test('a command that had nothing to do, or that failed, tells nothing', () => {
  const headers = { base: header('r1'), nginx: header('r2') };
  assert.deepEqual(changesOf({ base: '', nginx: undefined }, headers), {});
});
