/** What the deploy user may do with an app: control its units, and nothing else. */
import type { Item } from '../host/item.ts';
import { file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';

const verbs = ['start', 'stop', 'restart', 'reload', 'status'];

/**
 * One line per command, each named to the letter: a wildcard in an argument would also
 * match blanks, and so further units.
 */
export function renderSudoers(
  app: { name: string },
  user: string,
  ports: readonly number[],
): Item[] {
  const units = [`${app.name}.target`, ...ports.map((port) => `${app.name}@${port}.service`)];
  const commands = units.flatMap((unit) =>
    verbs.map((verb) => ({ command: `/usr/bin/systemctl --no-pager ${verb} ${unit}` })),
  );
  const text = template('app/sudoers', { name: app.name, user, commands });
  const path = `/etc/keelson/sudoers.d/${app.name}`;
  return [file(path, text, { mode: '0440', check: 'sudoers' })];
}
