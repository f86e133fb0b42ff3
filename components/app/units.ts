/** Units: what those of apps of all types and of their members are called by, which no two share, nor Debian has. */
import { isDebians, isDebiansJob } from '../fields/index.ts';
import { pairs } from '../lib/pairs.ts';
import { appComponent } from './component.ts';
import { unitName, type WithMembers } from './members.ts';

type App = WithMembers & { readonly type: string };

type Called = {
  readonly at: string;
  readonly unit: string;
  readonly what: string;
  /** A job's unit is called by the name alone. */
  readonly isJob: boolean;
  /** Whether it is known to be none of Debian's users and units, as the name of an app is. */
  readonly isApp: boolean;
};

export const units = appComponent({
  name: 'units',
  fields: {},
  conflicts: (apps: readonly App[]) => {
    const all = apps.flatMap(called);
    return [
      ...all.filter(isTaken).map(taken),
      ...pairs(all, (a, b) => a.unit === b.unit).map(clash),
    ];
  },
});

const called = ({ name, type, also = {} }: App): Called[] => [
  { at: `apps.${name}`, unit: name, what: `the app ${name}`, isJob: type === 'job', isApp: true },
  ...Object.entries(also).map(([member, own]) => ({
    ...{ at: `apps.${name}.also.${member}`, unit: unitName({ name }, member) },
    ...{ what: `the member ${member} of ${name}`, isJob: own.type === 'job', isApp: false },
  })),
];

const isTaken = ({ unit, isJob, isApp }: Called): boolean =>
  (!isApp && isDebians(unit)) || (isJob && isDebiansJob(unit));

const taken = ({ at, unit, isJob }: Called): string =>
  `${at}: its units would be called ${unit}${isJob ? '.service' : '@'}, a name that Debian uses itself; choose another`;

const clash = ({ first, second }: { first: Called; second: Called }): string =>
  `${second.at}: its units are called ${second.unit}${second.isJob ? '.service' : '@'}, as those of ${first.what} are; rename one of them`;
