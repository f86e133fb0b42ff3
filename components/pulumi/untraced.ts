/**
 * Spares a run what Pulumi's SDK notes of itself: a stack trace for each of its promises, some five hundred for each
 * host, and a message to the engine for each resource, which says no more than the engine's own. With fifty hosts they
 * took a quarter of the program's processor time.
 */
import { createRequire } from 'node:module';
import type * as pulumi from '@pulumi/pulumi';

// The objects that all of the SDK's own modules ask, not the copies that an import makes of them.
const load = createRequire(import.meta.resolve('@pulumi/pulumi'));

type Debuggable = { debuggablePromise<T>(promise: Promise<T>, context: unknown): Promise<T> };

/** An SDK that has it elsewhere, or lets nobody change it, is only slower. */
function forgetTraces(): void {
  try {
    const own = load('./runtime/debuggable.js') as Debuggable;
    const { debuggablePromise } = own;
    own.debuggablePromise = (promise, context) => {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      try {
        return debuggablePromise(promise, context);
      } finally {
        Error.stackTraceLimit = stackTraceLimit;
      }
    };
  } catch {}
}

// Who looks for a promise that never ends wants to know where it was made.
if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) forgetTraces();

const log = load('./log/index.js') as { debug: typeof pulumi.log.debug };
const { debug } = log;
log.debug = (message, ...rest) =>
  message.startsWith('Registering resource: ') ? Promise.resolve() : debug(message, ...rest);
