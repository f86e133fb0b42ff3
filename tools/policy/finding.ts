/** What a policy finds in a preview. */
import type { Exceptions } from '../../components/config/exceptions.ts';

export type Rule = keyof Exceptions;

export type Finding = {
  readonly rule: Rule;
  /** What is named in an exception: an app, a setting, a resource. */
  readonly subject: string;
  /** What is wrong, and the remedy. */
  readonly text: string;
};
