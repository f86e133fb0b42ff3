/** What a run says of commands that failed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import { reword, told } from '../../components/pulumi/told.ts';

test('what the SDK says of a command that failed becomes one line, which fails the run', () => {
  const sdk = readFileSync(
    new URL(import.meta.resolve('@pulumi/pulumi/runtime/resource.js')),
    'utf8',
  );
  assert.match(sdk, /`resource \$\{name\} \[\$\{t\}\] failed to register`/);
  const error = new Error('resource web1-base [command:remote:Command] failed to register');
  reword(error);
  assert.ok(pulumi.RunError.isInstance(error));
  for (const text of [error.message, error.stack])
    assert.equal(text, 'web1-base failed, as it says itself; what waits for it was left as it is');
});

test('any other error stays as it is', () => {
  const error = new TypeError('x is not a function');
  const { stack } = error;
  reword(error);
  assert.equal(error.stack, stack);
  assert.ok(!pulumi.RunError.isInstance(error));
});

test('what people are to read has no stack', () => {
  assert.equal(told('server web1: no').stack, 'server web1: no');
});
