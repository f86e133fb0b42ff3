import { CannotRun } from './runs.ts';

/**
 * Does some work, and names a setting that fails there by its whole path.
 * @example within('also.mail', () => checkRuns(mail, entries)) // also.mail.start: …
 */
export function within(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (!(cause instanceof CannotRun)) throw cause;
    throw new CannotRun(`${path}.${cause.setting}`, cause.message);
  }
}
