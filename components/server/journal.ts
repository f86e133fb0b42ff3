/** The journal: how much of it is kept. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const journalSchema = z
  .strictObject({
    size: field.size.prefault('1G').describe('Most that the journal may take on disk'),
    free: field.size.prefault('1G').describe('Disk space that the journal leaves to others'),
    retention: field
      .duration('1d', '3650d')
      .prefault('30d')
      .describe('Entries older than this are removed'),
    lineMax: field.size
      .optional()
      .describe(
        'Longest line that the journal keeps in one piece; what is longer stands there in several, which `keelson logs` puts together; default: journald’s own, 48K',
      ),
  })
  .describe('Limits of the journal');

const drops = '/etc/systemd/journald.conf.d';

/** journald is restarted when its limits change; it keeps what it was sent meanwhile. */
export const journal = serverComponent({
  name: 'journal',
  fields: { journal: journalSchema.prefault({}) },
  render: ({ journal }) => ({
    base: [
      directory(drops),
      file(
        `${drops}/60-keelson.conf`,
        template('server/journald.conf', { ...journal, lineMax: [journal.lineMax ?? []].flat() }),
      ),
      unit('systemd-journald.service', { active: 'active', change: 'restart', config: drops }),
    ],
  }),
});
