/** Members of an app: what they are called, and what of the app is theirs too. */
import { numbersOf } from './count.ts';

type Counted = { readonly type: string; readonly instances?: number };

/** An app as far as it has members, by name. */
export type WithMembers<M extends object = Counted> = {
  readonly name: string;
  readonly also?: Readonly<Record<string, M>>;
};

/**
 * The name before the `@` of its units, and of its lines in the journal.
 * @example unitName({ name: 'shop' }, 'mail') // 'shop-mail'
 */
export const unitName = ({ name }: { name: string }, member?: string): string =>
  member === undefined ? name : `${name}-${member}`;

/** By name: Pulumi hands settings on in whatever order. */
const byName = <M>(also: Readonly<Record<string, M>> = {}): [string, M][] =>
  Object.entries(also).sort(([a], [b]) => (a < b ? -1 : 1));

/** The numbers of its instances; a job has none. */
export const keysOf = ({ instances }: Counted): number[] =>
  instances === undefined ? [] : numbersOf({ instances });

/** The units of all members of an app: `shop-mail@1.service`. */
export const memberServices = ({ name, also }: WithMembers): string[] =>
  byName(also).flatMap(([member, own]) =>
    keysOf(own).map((key) => `${unitName({ name }, member)}@${key}.service`),
  );

/** What a process has for itself: it is the member's, also where that says nothing of it. */
type Own = 'start' | 'exec' | 'listen' | 'rollout' | 'healthy' | 'also';

export type Member<A, M> = Omit<A, Own | keyof M> & M & { readonly member: string };

/** The members of an app, each with the app's settings and its own in place of some. */
export function membersOf<M extends object, A extends WithMembers<M>>(
  app: A & WithMembers<M>,
): Member<A, M>[] {
  const { start, exec, listen, rollout, healthy, also, ...shared } = app as Record<Own, unknown> &
    A;
  return byName(also as Record<string, M>).map(
    ([member, own]) => ({ ...shared, ...own, member }) as unknown as Member<A, M>,
  );
}
