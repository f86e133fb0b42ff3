/** Sticky balancing: requests that belong together come to the same instance, for apps that keep something of them there. */
import { z } from 'zod';
import { headerName, queryName } from '../fields/index.ts';
import { appComponent, type Named } from './component.ts';

const fields = {
  sticky: z
    .union([
      z.enum(['cookie', 'address']),
      z.strictObject({
        query: queryName.describe('Name of a parameter in the query of the URL, such as room'),
      }),
      z.strictObject({
        header: headerName.describe('Name of a header of the request, such as X-Tenant'),
      }),
    ])
    .optional()
    .describe(
      'What keeps a client at one instance: a `cookie` that nginx sets, its `address`, or what its requests say; default: each request goes to the instance with the fewest. Each rollout sends each client elsewhere twice',
    ),
};

type Sticky = Named<typeof fields>;

/** Who comes without what tells, such as at first, gets any instance. */
const anybody = '$request_id';

/** What the template of a site says of it: what nginx tells clients apart by, and the cookie that it sets. */
export function stickyOf({ name, sticky }: Pick<Sticky, 'name' | 'sticky'>) {
  if (sticky === undefined) return { sticky: [] };
  // Of nginx's variables, which know no hyphens. No name of an app has an underscore.
  const id = name.replaceAll('-', '_');
  const by = `$keelson_by_${id}`;
  if (sticky === 'address') return { sticky: [{ by: '$remote_addr', cookie: [], value: [] }] };
  if (sticky === 'cookie')
    return { sticky: [{ by, cookie: [{ variable: `$keelson_cookie_${id}` }], value: [] }] };
  const value =
    'query' in sticky
      ? `$arg_${sticky.query}`
      : `$http_${sticky.header.toLowerCase().replaceAll('-', '_')}`;
  return { sticky: [{ by, cookie: [], value: [{ value, anybody }] }] };
}

export const sticky = appComponent({ name: 'sticky', fields });
