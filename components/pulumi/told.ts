/** Errors of a run as people are to read them. */
import * as pulumi from '@pulumi/pulumi';

/** One that is shown without a stack trace: also when the module has ended, where Pulumi would print the stack. */
export function told(message: string): Error {
  const error = new pulumi.RunError(message);
  error.stack = message;
  all.add(error);
  return error;
}

const all = new WeakSet<Error>();

/** Whether an error is one of those; the same one, wherever it turns up, is shown once. */
export const isTold = (error: unknown): error is Error => error instanceof Error && all.has(error);

/** Fails the run with it, and ends nothing of what is under way. */
export function failWith(message: string): void {
  Promise.reject(told(message));
}

/**
 * Of a command that failed its plugin tells why. With `--continue-on-error` the SDK tells of it once more, with a stack
 * of its own, which hides the reasons; it has to fail the run all the same, lest the engine deletes what was not
 * registered.
 */
export const tellFailuresOnce = (): void =>
  void process.prependListener('unhandledRejection', reword);

/** Makes a line of it. */
export function reword(cause: unknown): void {
  if (!(cause instanceof Error)) return;
  const [, name] =
    /resource (\S+) \[command:remote:\w+\] failed to register/.exec(cause.message) ?? [];
  if (name === undefined) return;
  const message = `${name} failed, as it says itself; what waits for it was left as it is`;
  Object.assign(cause, told(message), { message, stack: message });
}
