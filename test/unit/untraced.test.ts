/** What Pulumi's SDK notes of its promises, in processes of their own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

/** What a process prints in which the SDK is as the kit leaves it. */
const printed = (program: string, env: NodeJS.ProcessEnv = {}): string => {
  const code = `import './components/pulumi/untraced.ts';
    import { createRequire } from 'node:module';
    const load = createRequire(import.meta.resolve('@pulumi/pulumi'));
    ${program}`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
    env: { ...process.env, ...env },
  }).trim();
};

const promise = `
  const { debuggablePromise, promiseDebugString } = load('./runtime/debuggable.js');
  const given = Promise.resolve(7);
  const limit = Error.stackTraceLimit;
  console.log(await debuggablePromise(given, 'mine'), /\\n +at /.test(promiseDebugString(given)), Error.stackTraceLimit === limit);`;

test('a promise of the SDK is what it was, without a stack trace', () => {
  assert.equal(printed(promise), '7 false true');
});

test('who looks for one that never ends has the traces', () => {
  assert.equal(printed(promise, { PULUMI_DEBUG_PROMISE_LEAKS: '1' }), '7 true true');
});

test('errors of others keep their traces, and a promise that fails fails', () => {
  const program = `
    const { debuggablePromise } = load('./runtime/debuggable.js');
    const error = await debuggablePromise(Promise.reject(new Error('no')), 'mine').catch((it) => it);
    console.log(error.message, /\\n +at /.test(error.stack));`;
  assert.equal(printed(program), 'no true');
});
