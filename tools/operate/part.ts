/** What people name on a command line: an app, or one of its members by the name of its units, such as shop-mail. */
import type { AppConfig } from '../../components/app/components.ts';
import { unitName, type WithMembers } from '../../components/app/members.ts';
import { unknown } from '../../components/config/spelling.ts';
import type { Server, Stack } from './stack.ts';

export type Part = {
  readonly app: string;
  /** Of a member of the app, its name. */
  readonly member?: string;
  readonly type: AppConfig['type'];
};

/** `shop`, or `shop-mail` of its member: what its units and its lines in the journal are called by. */
export const nameOf = ({ app, member }: Part): string => unitName({ name: app }, member);

const partsOf = (app: AppConfig): Part[] => [
  { app: app.name, type: app.type },
  ...Object.entries((app as WithMembers).also ?? {}).map(([member, { type }]) => ({
    ...{ app: app.name, member, type: type as Part['type'] },
  })),
];

const allOn = (servers: readonly Server[]): Part[] =>
  servers.flatMap(({ apps }) => apps.flatMap(partsOf));

/** @throws where a stack has no app or member of that name, with what may have been meant. */
export function partOf({ name: stack, servers }: Stack, name: string): Part {
  const all = allOn(servers);
  const found = all.find((it) => nameOf(it) === name);
  if (found) return found;
  throw new Error(`${name} ${unknown(name, `an app of ${stack}`, [...new Set(all.map(nameOf))])}`);
}

/** The part and, of an app, its members on that server. */
export const withMembers = (server: Server, part: Part): Part[] =>
  allOn([server]).filter(
    (it) => it.app === part.app && (part.member === undefined || it.member === part.member),
  );

/** The jobs of an app, by name. */
export const jobsOf = ({ servers }: Stack, app: string): string[] => [
  ...new Set(
    allOn(servers)
      .filter((it) => it.app === app && it.type === 'job')
      .map(nameOf),
  ),
];
