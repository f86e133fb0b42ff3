/** What an app needs of others, such as its database: watched, told, and waited for, without restarting anything. */
import { z } from 'zod';
import { needed } from '../fields/index.ts';
import { file, monitorCheck } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { checked, checks as folder } from '../server/monit.ts';
import { appComponent } from './component.ts';

const fields = {
  needs: z
    .array(needed)
    .prefault([])
    .refine((given) => new Set(given.map(checkOf)).size === given.length, {
      error: 'names something twice; name each once',
    })
    .describe(
      'What it cannot work without, as address:port or the path of a socket: Monit alerts when one does not answer, restarts nothing, and starts failed instances again when it is back',
    ),
};

type Needing = { name: string; needs: readonly string[] };

/**
 * A check for each of them.
 * @example needs: [127.0.0.1:5432, redis.internal:6379, /run/postgresql/.s.PGSQL.5432]
 */
export const needs = appComponent({
  name: 'needs',
  fields,
  render: ({ name, needs }: Needing) => {
    if (needs.length === 0) return {};
    const all = needs.map((needed) => ({ needed, check: `${name}-needs-${checkOf(needed)}` }));
    return {
      site: [
        file(`${folder}/${name}.needs.conf`, template('monit/needs', { name, all }), checked),
        ...all.map(({ check }) => monitorCheck(check)),
      ],
    };
  },
});

/** A name that Monit, and whoever asks it, can write down. */
function checkOf(needed: string): string {
  return needed.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-/, '');
}
