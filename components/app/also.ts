/**
 * Members: one code base with several programs, as the process types of a Procfile are. They share the app's user,
 * release, environment, directories and sandbox, move with it in one rollout, and go back with it.
 */
import { z } from 'zod';
import { isDebians } from '../fields/index.ts';
import { matching } from '../fields/matching.ts';
import { mapping } from '../fields/shape.ts';
import type { Facts } from '../host/facts.ts';
import { file, instances } from '../host/kinds.ts';
import { pairs } from '../lib/pairs.ts';
import { CannotRun } from './code/runs.ts';
import { checkTypeScript } from './code/typescript.ts';
import { within } from './code/within.ts';
import { command } from './command.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { count, numbersOf } from './count.ts';
import { healthy } from './healthy.ts';
import { membersOf, unitName } from './members.ts';
import { type Service, service, unitCheck, unitPath, unitText } from './service.ts';

const memberName = matching(
  /^[a-z][a-z0-9-]{0,30}$/,
  'is not a name; use a lower-case letter, then up to 30 lower-case letters, digits or hyphens',
).describe('Name of a member: its units are called by the app and by it, such as shop-mail@1');

const worker = mapping(
  {
    type: z.literal('worker').describe('Type of the member: `worker` is sent no requests'),
    ...command.fields,
    ...count.fields,
    ...healthy.fields,
    ...service.fields,
  },
  (command.rules ?? []) as never,
);

const fields = {
  also: z
    .record(
      memberName,
      z
        .discriminatedUnion('type', [worker])
        .describe('A member: how it is started, and what a process has for itself'),
    )
    .prefault({})
    .describe(
      'Other programs of the same code, by name: they share release, user, environment, directories and sandbox of the app, and move and go back with it',
    ),
};

export type Also = z.output<(typeof fields)['also']>;
type App = Named<typeof fields> & Omit<Service, 'also'> & { env?: Record<string, string> };

export const also = appComponent({
  name: 'also',
  fields,
  render: (app: App, { facts }: Pick<AppContext, 'facts'>) => {
    const members = membersOf<Also[string], App>(app);
    for (const it of members) {
      checkName(it, facts);
      within(`also.${it.member}`, () => checkTypeScript(it, facts));
    }
    const units = members.map((it) => unitFile(it, facts));
    const running = members.map((it) =>
      instances(unitName(app, it.member), numbersOf(it), {
        ...{ type: 'worker', stop: it.stopTimeout, of: app.name },
      }),
    );
    // Of one that is taken out the second manifest holds the unit file until its instances have ended.
    return { app: units, site: [...units, ...running] };
  },
  conflicts: (apps: readonly App[]) => [
    ...apps.flatMap(debians),
    ...pairs(apps.flatMap(called), (a, b) => a.unit === b.unit).map(clash),
  ],
  report: ({ also }: App) => {
    const counts = Object.entries(also).map(([name, own]) => [name, numbersOf(own)] as const);
    return counts.length === 0 ? {} : { also: Object.fromEntries(counts) };
  },
});

const unitFile = (it: Service, facts: Pick<Facts, 'systemd'>) =>
  file(unitPath(it), unitText(it, facts), unitCheck);

/** @throws when an app that was applied has units of that name: what ends it would end them. */
function checkName(it: Service & { member: string }, { releases }: Pick<Facts, 'releases'>) {
  const unit = unitName(it, it.member);
  if (releases[unit])
    throw new CannotRun(
      `also.${it.member}`,
      `its units are called ${unit}@, as those of the app ${unit} are, which the server has still; take that app out in a run of its own first, or rename the member`,
    );
}

type Called = { at: string; unit: string; what: string };

/** What the units of an app and its members are called by. */
const called = (app: App): Called[] => [
  { at: `apps.${app.name}`, unit: app.name, what: `the app ${app.name}` },
  ...Object.keys(app.also).map((member) => ({
    at: `apps.${app.name}.also.${member}`,
    unit: unitName(app, member),
    what: `the member ${member} of ${app.name}`,
  })),
];

const clash = ({ first, second }: { first: Called; second: Called }): string =>
  `${second.at}: its units are called ${second.unit}@, as those of ${first.what} are; rename one of them`;

const debians = (app: App): string[] =>
  Object.keys(app.also)
    .filter((member) => isDebians(unitName(app, member)))
    .map(
      (member) =>
        `apps.${app.name}.also.${member}: its units would be called ${unitName(app, member)}@, a name that Debian uses itself; choose another`,
    );
