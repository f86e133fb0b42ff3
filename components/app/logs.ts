/** The logs of an app: in the journal, or in files that logrotate keeps small. */
import { z } from 'zod';
import { integer, size } from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { directory, file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { leaving, type OnRemove } from './user.ts';

export const logFields = {
  logs: z
    .strictObject({
      to: z
        .enum(['journal', 'files'])
        .prefault('journal')
        .describe('Where the output goes: the journal, or /var/log/<app>/<port>.log'),
      days: integer(1, 3650).prefault(14).describe('Days for which log files are kept'),
      size: size
        .prefault('100M')
        .describe('Size above which a log file is rotated within the hour, not only each day'),
    })
    .prefault({})
    .describe('Logs of the app'),
};

type Logs = {
  name: string;
  logs: z.output<(typeof logFields)['logs']>;
  onRemove: OnRemove;
};

export const logDirectory = (app: { name: string }): string => `/var/log/${app.name}`;

/** What logrotate is told to keep logs for so many days, in each of which it may rotate them 24 times. */
export const kept = (days: number) => ({ days, count: days * 24 });

/**
 * Log directory and rotation.
 *
 * The directory is root's: systemd opens the files as root and would follow a link that the app
 * put there. They are never reopened, hence copytruncate.
 */
export function renderLogs(app: Logs): Item[] {
  if (app.logs.to === 'journal') return [];
  const path = logDirectory(app);
  const text = template('app/logrotate', { ...app, ...app.logs, ...kept(app.logs.days), path });
  return [
    directory(path, { group: 'adm', mode: '2750', remove: leaving(app) }),
    file(`/etc/logrotate.d/keelson-${app.name}`, text, { check: 'logrotate' }),
  ];
}
