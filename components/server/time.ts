/** Time: the clock is kept by whatever keeps it there already, else by systemd-timesyncd. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { aptPackage, directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const ntpSchema = z
  .union([z.literal(false), z.array(field.address)])
  .prefault([])
  .describe(
    'Time servers that are asked, of chrony beside its own; default: Debian’s pool; `false`: whoever keeps the clock goes on. In a container it is the machine’s',
  );

/** Debian has no two of them at once: to install one removes the other. */
export const time = serverComponent({
  name: 'time',
  fields: { ntp: ntpSchema },
  render: ({ ntp }, { facts }) => {
    if (ntp === false || facts.container === 'yes') return {};
    if (facts.clock === 'chrony') return { base: chrony(ntp) };
    if (facts.clock === 'ntpd') return { base: refused(ntp) };
    return { base: timesyncd(ntp) };
  },
});

const configured = '/etc/systemd/timesyncd.conf.d';

const timesyncd = (servers: readonly string[]): Item[] => [
  aptPackage('systemd-timesyncd'),
  ...(servers.length === 0
    ? []
    : [
        directory(configured),
        file(`${configured}/60-keelson.conf`, template('server/timesyncd.conf', { servers })),
      ]),
  unit('systemd-timesyncd.service', {
    ...{ enabled: 'enabled', active: 'active', change: 'restart', config: configured },
  }),
];

const sources = '/etc/chrony/sources.d';

const chrony = (servers: readonly string[]): Item[] => [
  ...(servers.length === 0
    ? []
    : [
        directory(sources),
        file(`${sources}/keelson.sources`, template('server/chrony.sources', { servers })),
      ]),
  unit('chrony.service', {
    ...{ enabled: 'enabled', active: 'active', change: 'restart', config: sources },
  }),
];

function refused(servers: readonly string[]): Item[] {
  if (servers.length > 0)
    throw new Error(
      'ntp: the clock is kept by ntpd there, whose servers are in its own file; write them into that and take ntp out, or remove ntpd from the host',
    );
  return [];
}
