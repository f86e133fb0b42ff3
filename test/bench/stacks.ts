/** The stacks that are timed: one of the kit's, and an empty program with the same engine, backend and options. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenariosDirectory } from '../../tools/container/cleanup.ts';
import { project, pulumi, root } from '../../tools/lib/pulumi.ts';
import { said, start } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { changed, newStack, type Stack, type StackConfig } from '../harness/stack.ts';

type Settings = { app?: object; drift?: 'look' | 'ignore' };

/** The sample app on each host; `app` has further settings of it, `drift` is the stack's. */
export const config = ({ app, drift = 'look' }: Settings = {}): StackConfig => ({
  apps: {
    hello: {
      ...{ source: join(root, 'test/apps/hello'), start: 'server.js', health: '/health' },
      ...{ domains: ['hello.example.com'], uploads: { '/uploads': 'uploads' } },
      env: { UPLOADS: '/srv/hello/uploads' },
      ...app,
    },
  },
  drift,
});

/** Runs an action with a stack on these hosts; its directory is gone afterwards. */
export async function withStack<T>(
  hosts: readonly DebianHost[],
  action: (stack: Stack) => Promise<T>,
): Promise<T> {
  const stack = await newStack(hosts, config());
  try {
    return await action(stack);
  } finally {
    rmSync(stack.directory, { recursive: true, force: true });
  }
}

/** Runs `pulumi up` or `preview` and fails when that changes something. */
export async function unchanged(stack: Stack, verb: 'up' | 'preview'): Promise<void> {
  const run = await stack[verb]();
  assert.deepEqual(changed(run), [], `there was something to do:\n${said(run)}`);
}

/** Runs `pulumi up` or `preview` on an empty program. */
export type Empty = (verb: 'up' | 'preview') => Promise<void>;

/** Runs an action with an empty program, which is gone afterwards. */
export async function withEmptyProgram<T>(action: (run: Empty) => Promise<T>): Promise<T> {
  const cwd = join(scenariosDirectory, `${process.pid}-empty`);
  const options = { cwd, state: join(cwd, 'state') };
  project(cwd);
  const file = join(cwd, 'Pulumi.yaml');
  const main = `main: ${join(import.meta.dirname, 'empty.ts')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^main: .*$/m, main));
  try {
    const { code, stderr } = await pulumi(['stack', 'init', 'empty', '--no-select'], options);
    assert.equal(code, 0, stderr);
    return await action(async (verb) => {
      const run = await start(verb, ['--stack', 'empty'], options).ended;
      assert.equal(run.code, 0, said(run));
    });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
