/** The logs of an app: in the journal, or in files that logrotate keeps small. */
import { z } from 'zod';
import { integer, mebibytes, size } from '../fields/index.ts';
import { directory, file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { rotated, rotations } from '../server/logrotate.ts';
import { appComponent, type Named } from './component.ts';
import { type OnRemove, removal } from './directories.ts';

const fields = {
  logs: z
    .strictObject({
      to: z
        .enum(['journal', 'files'])
        .prefault('journal')
        .describe(
          'Where the output goes: the journal, or /var/log/<app>/<port>.log, of a worker <number>.log',
        ),
      days: integer(1, 3650).prefault(14).describe('Days for which log files are kept'),
      size: size
        .prefault('100M')
        .describe('Size above which a log file is rotated within the hour, not only each day'),
      rate: integer(1000, 10_000_000)
        .prefault(100_000)
        .describe(
          'Lines that an instance may write to the journal in 30 s, and up to six times as many where the disk has room; further ones are dropped, and counted',
        ),
    })
    .prefault({})
    .describe('Logs of the app'),
};

export const logDirectory = (app: { name: string }): string => `/var/log/${app.name}`;

type Logs = Named<typeof fields> & { onRemove: OnRemove };

/**
 * Log directory and rotation, where the output goes to files.
 *
 * The directory is root's: systemd opens the files as root and would follow a link that the app
 * put there. They are never reopened, hence the copy; `files/server/renew.mustache` loses nothing between it and the cut.
 */
export const logs = appComponent({
  name: 'logs',
  fields,
  render: (app: Logs) => {
    if (app.logs.to === 'journal') return {};
    const path = logDirectory(app);
    const limit = Math.max(10240, 4 * mebibytes(app.logs.size));
    const view = { ...app, ...app.logs, ...rotations(app.logs.days), path, limit };
    return {
      app: [
        directory(path, { group: 'adm', mode: '2750', remove: removal(app) }),
        file(`${rotated}/${app.name}.conf`, template('app/logrotate', view), {
          check: 'logrotate',
        }),
      ],
    };
  },
});
