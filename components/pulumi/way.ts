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

/** Whether the host is reached as it was by the last `up`, as far as that is the same for all. */
export const isSameWay = ({ reached, last }: Pick<Plan, 'reached' | 'last'>): boolean =>
  (last?.reached ?? reached) === reached;

/**
 * Of commands with a `delete`: theirs is renewed where the host changes anyway, is reached otherwise by all, or lets
 * the old one in no more.
 */
export function wayBack(plan: Plan): readonly string[] {
  const { reached, last, look, isBarred = false } = plan;
  const isQuiet = [look.helper, ...look.seen].every((seen) => isSettled(last, seen));
  const holds = isSameWay(plan) && !isBarred && isQuiet && !hasWork(look);
  return reached === undefined || holds ? [...way, 'delete'] : [];
}
