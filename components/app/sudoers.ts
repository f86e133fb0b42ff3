/** What the deploy user may do with an app: control its units, and nothing else. */
import { file } from '../host/kinds.ts';
import { helperPath } from '../host/script.ts';
import { batches } from '../lib/batches.ts';
import { template } from '../lib/template.ts';
import type { Deploy } from '../server/deploy.ts';
import { sudoersFolder } from '../server/sudoers.ts';
import { type AppContext, appComponent } from './component.ts';

/** None of them shows pages: a program that does, such as less, would run what its user tells it, as root. */
const verbs = 'start|stop|restart|try-restart|reload|reload-or-restart|reset-failed';

/** As people type them before and behind a verb or the units; so many lines are a look, and not all that an app said. */
const options = '(--no-pager|-l|--full|-q|--quiet|--no-block|-n [0-9]{1,3}|--lines=[0-9]{1,3})';

/** Instances in one line; sudo reads patterns of up to 1024 characters. */
const inOneLine = 64;

/**
 * Whole command lines as patterns of sudo's own, in which units, verbs and options are named to the letter. (A wildcard
 * of the shell's in an argument would also match blanks, and so further units.)
 */
function controlling(unit: string) {
  const line = (verb: string) =>
    `/usr/bin/systemctl ^(${options} )*(${verb})( ${options})*( ${unit})+( ${options})*$`;
  return [
    { tags: 'NOPASSWD:', line: line(verbs) },
    // It shows pages, and may start no program here.
    { tags: 'NOPASSWD: NOEXEC:', line: line('status') },
  ];
}

/** A star is one here: it is systemctl that knows what it stands for, and an `app@` is of no other app. */
const ofInstances = (name: string, instances: readonly number[]) =>
  batches(instances, inOneLine).flatMap((keys) =>
    controlling(`${name}([.]target|@([*]|${keys.join('|')})([.]service)?)`),
  );

/** Of a job also to run it and see what it says. */
const ofJob = (name: string) => [
  ...controlling(`${name}([.](service|timer))?`),
  { tags: 'NOPASSWD:', line: `${helperPath} run ${name}` },
];

type Command = { tags: string; line: string };

const allowing = (commands: (name: string, instances: readonly number[]) => Command[]) =>
  appComponent({
    name: 'sudoers',
    fields: {},
    render: (
      { name }: { name: string },
      { server, instances }: Pick<AppContext, 'instances'> & { server: Deploy },
    ) => {
      if (!server.deploy) return {};
      const view = { name, user: server.deploy.name, commands: commands(name, instances) };
      const text = template('app/sudoers', view);
      return {
        app: [file(`${sudoersFolder}/${name}`, text, { mode: '0440', check: 'sudoers' })],
      };
    },
  });

export const sudoers = allowing(ofInstances);

export const jobSudoers = allowing(ofJob);
