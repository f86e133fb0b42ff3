/**
 * Spares a run the stack traces that Pulumi's SDK takes of its promises, some five hundred for each host: with fifty
 * hosts a sixth of the program's processor time.
 */
import { createRequire } from 'node:module';

// The object that all of the SDK's own modules ask, not the copy that an import makes of it.
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
