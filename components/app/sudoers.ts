/** What the deploy user may do with an app: control its units, and nothing else. */
import { file } from '../host/kinds.ts';
import { batches } from '../lib/batches.ts';
import { template } from '../lib/template.ts';
import type { Deploy } from '../server/deploy.ts';
import { sudoersFolder } from '../server/sudoers.ts';
import { type AppContext, appComponent } from './component.ts';
import { numbersOf } from './count.ts';
import { unitName, type WithMembers } from './members.ts';

/** None of them shows pages: a program that does, such as less, would run what its user tells it, as root. */
const verbs = 'start|stop|restart|try-restart|reload|reload-or-restart|reset-failed';

/** As people type them before and behind a verb or the units; so many lines are a look, and not all that an app said. */
const options = '(--no-pager|-l|--full|-q|--quiet|--no-block|-n [0-9]{1,3}|--lines=[0-9]{1,3})';

/** Instances in one line; sudo reads patterns of up to 1024 characters. */
const inOneLine = 64;

/**
 * Whole command lines as patterns of sudo's own, in which units, verbs and options are named to the letter. (A wildcard
 * of the shell's in an argument would also match blanks, and so further units.) A star is one here: it is systemctl
 * that knows what it stands for, and an `app@` is of no other app.
 */
function commands(name: string, instances: readonly number[], target = '[.]target|') {
  return batches(instances, inOneLine).flatMap((keys) => {
    const unit = `${name}(${target}@([*]|${keys.join('|')})([.]service)?)`;
    const line = (verb: string) =>
      `^(${options} )*(${verb})( ${options})*( ${unit})+( ${options})*$`;
    return [
      { tags: 'NOPASSWD:', line: line(verbs) },
      // It shows pages, and may start no program here.
      { tags: 'NOPASSWD: NOEXEC:', line: line('status') },
    ];
  });
}

export const sudoers = appComponent({
  name: 'sudoers',
  fields: {},
  render: (
    app: WithMembers,
    { server, instances }: Pick<AppContext, 'instances'> & { server: Deploy },
  ) => {
    if (!server.deploy) return {};
    const { name, also = {} } = app;
    const members = Object.entries(also).flatMap(([member, own]) =>
      commands(unitName(app, member), numbersOf(own), ''),
    );
    const view = {
      ...{ name, user: server.deploy.name },
      commands: [...commands(name, instances), ...members],
    };
    const text = template('app/sudoers', view);
    return {
      app: [file(`${sudoersFolder}/${name}`, text, { mode: '0440', check: 'sudoers' })],
    };
  },
});
