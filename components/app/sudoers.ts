/** What the deploy user may do with an app: control its units, and nothing else. */
import { file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import type { Deploy } from '../server/deploy.ts';
import { sudoersFolder } from '../server/sudoers.ts';
import { type AppContext, appComponent } from './component.ts';

const verbs = ['start', 'stop', 'restart', 'reload', 'status'];

/**
 * One line per command, each named to the letter: a wildcard in an argument would also
 * match blanks, and so further units.
 */
export const sudoers = appComponent({
  name: 'sudoers',
  fields: {},
  render: (
    { name }: { name: string },
    { server, instances }: Pick<AppContext, 'instances'> & { server: Deploy },
  ) => {
    if (!server.deploy) return {};
    const units = [`${name}.target`, ...instances.map((key) => `${name}@${key}.service`)];
    const commands = units.flatMap((unit) =>
      verbs.map((verb) => ({ command: `/usr/bin/systemctl --no-pager ${verb} ${unit}` })),
    );
    const text = template('app/sudoers', { name, user: server.deploy.name, commands });
    return {
      app: [file(`${sudoersFolder}/${name}`, text, { mode: '0440', check: 'sudoers' })],
    };
  },
});
