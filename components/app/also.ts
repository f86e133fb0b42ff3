/**
 * Members: one code base with several programs, as the process types of a Procfile are. They share the app's user,
 * release, environment, directories and sandbox, move with it in one rollout, and go back with it.
 */
import { z } from 'zod';
import { matching } from '../fields/matching.ts';
import { mapping } from '../fields/shape.ts';
import type { Facts } from '../host/facts.ts';
import { file, instances, unit } from '../host/kinds.ts';
import { askingWorker, checksOf } from './checks.ts';
import { CannotRun } from './code/runs.ts';
import { checkTypeScript } from './code/typescript.ts';
import { within } from './code/within.ts';
import { command } from './command.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { count, numbersOf } from './count.ts';
import { healthy } from './healthy.ts';
import { job, jobText } from './job.ts';
import { workerLimits } from './limits.ts';
import { keysOf, type Member, membersOf, unitName, type WithMembers } from './members.ts';
import { schedule } from './schedule.ts';
import {
  type Service,
  service,
  type UnitContext,
  unitCheck,
  unitPath,
  unitText,
} from './service.ts';

const memberName = matching(
  /^[a-z][a-z0-9-]{0,30}$/,
  'is not a name; use a lower-case letter, then up to 30 lower-case letters, digits or hyphens',
).describe('Name of a member: its units are called by the app and by it, such as shop-mail@1');

const type = 'Type of the member: `worker` is sent no requests, `job` does its work and ends';

const worker = mapping(
  {
    type: z.literal('worker').describe(type),
    ...command.fields,
    ...count.fields,
    ...healthy.fields,
    ...service.fields,
    ...workerLimits.fields,
  },
  [...(command.rules ?? []), ...(workerLimits.rules ?? [])] as never,
);

const timed = mapping(
  { type: z.literal('job').describe(type), ...command.fields, ...schedule.fields, ...job.fields },
  [...(command.rules ?? []), ...(schedule.rules ?? [])] as never,
);

const fields = {
  also: z
    .record(
      memberName,
      z
        .discriminatedUnion('type', [worker, timed])
        .describe('A member: how it is started, and what a process has for itself'),
    )
    .prefault({})
    .describe(
      'Other programs of the same code, by name: they share release, user, environment, directories and sandbox of the app, and move and go back with it',
    ),
};

export type Also = z.output<(typeof fields)['also']>;
type Worker = Extract<Also[string], { type: 'worker' }>;
type Timed = Extract<Also[string], { type: 'job' }>;
type App = Named<typeof fields> &
  Omit<Service, 'also'> & { env?: Record<string, string>; rollout: { start: number } };
type Sharing = WithMembers<Also[string]>;

const ofType = <M extends Also[string], A extends Sharing>(app: A, type: M['type']) =>
  membersOf<Also[string], A>(app).filter((it) => it.type === type) as unknown as Member<A, M>[];

/** The members of an app that have instances, and those that run by the clock or by command. */
export const workersOf = <A extends Sharing>(app: A) => ofType<Worker, A>(app, 'worker');
export const jobsOf = <A extends Sharing>(app: A) => ofType<Timed, A>(app, 'job');

export const also = appComponent({
  name: 'also',
  fields,
  render: (app: App, context: AppContext) => {
    const { facts } = context;
    for (const it of membersOf<Also[string], App>(app)) {
      checkName(it, facts);
      within(`also.${it.member}`, () => checkTypeScript(it, facts));
    }
    const workers = workersOf(app).map((it) =>
      workerItems({ ...it, rollout: app.rollout }, context),
    );
    const jobs = jobsOf(app).map((it) => jobItems(it, context));
    const all = [...workers, ...jobs];
    // Of one that is taken out the second manifest holds the unit file until what runs of it has ended.
    return {
      app: all.flatMap(({ files }) => files),
      site: all.flatMap(({ files, running }) => [...files, ...running]),
    };
  },
  report: ({ also }: App) => {
    const keys = Object.entries(also).map(([name, own]) => [name, keysOf(own)] as const);
    return keys.length === 0 ? {} : { also: Object.fromEntries(keys) };
  },
});

type Started = Member<App, Worker> & Pick<App, 'rollout'>;

const workerItems = (it: Started, context: AppContext) => ({
  files: [file(unitPath(it), unitText(it, context), unitCheck)],
  running: [
    instances(unitName(it, it.member), numbersOf(it), {
      ...{ type: 'worker', stop: it.stopTimeout, of: it.name },
    }),
    ...checksOf(it, askingWorker(it), numbersOf(it), context),
  ],
});

function jobItems(it: Member<App, Timed>, context: UnitContext) {
  const name = unitName(it, it.member);
  const fragment = `/etc/systemd/system/${name}.service`;
  const timer = schedule.render?.({ ...it, name }, {} as never) ?? {};
  return {
    files: [file(fragment, jobText(it, context), unitCheck), ...(timer.app ?? [])],
    running: [unit(`${name}.service`, { fragment }), ...(timer.site ?? [])],
  };
}

/** @throws when an app that was applied has units of that name: what ends it would end them. */
function checkName(it: { name: string; member: string }, { releases }: Pick<Facts, 'releases'>) {
  const unit = unitName(it, it.member);
  if (releases[unit])
    throw new CannotRun(
      `also.${it.member}`,
      `its units are called ${unit}@, as those of the app ${unit} are, which the server has still; take that app out in a run of its own first, or rename the member`,
    );
}
