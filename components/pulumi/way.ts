/** Which inputs of a command stay as the state has them, since it has nothing to do. */
import type { Look, Seen } from '../host/look.ts';
import type { Plan } from './plan.ts';
import { isSettled } from './state.ts';

/**
 * Operators log in with different keys and as different users: by whom a command would run has no part in whether it
 * does. One that runs takes the connection of its own run.
 */
const way = ['connection', 'create'];

/** Whether the last command of a host has anything to take away, or to tell. */
export const hasWork = ({ gone, isLate }: Look): boolean => gone.length > 0 || isLate;

/** Of a manifest's command. */
export const wayOf = ({ reached, last }: Plan, seen: Seen): readonly string[] =>
  reached === undefined || isSettled(last, seen) ? way : [];

/** Of commands with a `delete`: theirs is renewed where the host changes anyway, or is reached otherwise by all. */
export function wayBack({ reached, last, look }: Plan): readonly string[] {
  const isSame = (last?.reached ?? reached) === reached;
  const isQuiet = [look.helper, ...look.seen].every((seen) => isSettled(last, seen));
  const isIgnored = reached === undefined || (isSame && isQuiet && !hasWork(look));
  return isIgnored ? [...way, 'delete'] : [];
}
