/** The journal: how much of it is kept. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';

export const journalSchema = z
  .strictObject({
    size: field.size.prefault('1G').describe('Most that the journal may take on disk'),
    free: field.size.prefault('1G').describe('Disk space that the journal leaves to others'),
    retention: field
      .duration('1d', '3650d')
      .prefault('30d')
      .describe('Entries older than this are removed'),
  })
  .describe('Limits of the journal');

/** Limits of journald, which is restarted when they change; it keeps what it was sent meanwhile. */
export function renderJournal(limits: z.output<typeof journalSchema>): Item[] {
  const drops = '/etc/systemd/journald.conf.d';
  return [
    directory(drops),
    file(`${drops}/60-keelson.conf`, template('server/journald.conf', limits)),
    unit('systemd-journald.service', { active: 'active', change: 'restart', config: drops }),
  ];
}
