/** What Pulumi's SDK says for debugging, heard through the module that its runtime asks. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as pulumi from '@pulumi/pulumi';
import '../../components/pulumi/unsaid.ts';

const load = createRequire(import.meta.resolve('@pulumi/pulumi'));

/** The messages that reach the engine while something goes on. */
async function heard(action: () => Promise<unknown>): Promise<string[]> {
  const messages: string[] = [];
  const engine = {
    log: (request: { getMessage: () => string }, answer: (error: null, done: object) => void) => {
      messages.push(request.getMessage());
      answer(null, {});
    },
  };
  const settings = load('./runtime/settings.js');
  const { getEngine } = settings;
  settings.getEngine = () => engine;
  try {
    await action();
  } finally {
    settings.getEngine = getEngine;
  }
  return messages;
}

test('answers of the engine are not quoted, all else is said', async () => {
  const said = await heard(async () => {
    for (const message of [
      'RegisterResource RPC finished: resource:a[b]; err: null, resp: hunter2',
      'Invoke RPC finished: tok=x; err: null, resp: hunter2',
      ', obj={"password":"hunter2"}',
      'Reading resource: t=x',
    ])
      await pulumi.log.debug(message);
  });
  assert.deepEqual(said, ['Reading resource: t=x']);
});

test('no message tells the engine what it says itself; others reach it', async () => {
  const said = await heard(async () => {
    await pulumi.log.debug('Registering resource: t=x');
    await pulumi.log.debug('something else');
  });
  assert.deepEqual(said, ['something else']);
});
