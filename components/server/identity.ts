/** Identity: what the host is called, and what time it has. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { aptPackage, setting } from '../host/kinds.ts';
import { isLegacy } from '../lib/time-zones.ts';
import { serverComponent } from './component.ts';

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const identity = serverComponent({
  name: 'identity',
  fields: {
    hostname: field.hostname.optional().describe('Host name to set; default: as it is'),
    timezone: z
      .string()
      .regex(/^(?=.{1,64}$)[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*){0,2}$/, {
        error: 'is not a time zone; write one such as Europe/Berlin or Etc/UTC',
        abort: true,
      })
      .refine(isTimeZone, {
        error: 'is a time zone that does not exist; see `timedatectl list-timezones`',
      })
      .optional()
      .describe('Time zone to set; default: as it is'),
  },
  own: ['hostname'],
  // libnss-myhostname resolves whatever the host is called, so that /etc/hosts, which cloud-init and
  // people edit, stays theirs.
  render: ({ hostname, timezone }, { facts: { version } }) => ({
    base: [
      ...(hostname ? [aptPackage('libnss-myhostname'), setting('hostname', hostname)] : []),
      ...(timezone ? [aptPackage('tzdata'), setting('timezone', timezone)] : []),
      ...(timezone && isLegacy(timezone) && Number(version) >= 13
        ? [aptPackage('tzdata-legacy')]
        : []),
    ],
  }),
});
