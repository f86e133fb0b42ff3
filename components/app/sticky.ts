/** Sticky balancing: requests that belong together come to the same instance, for apps that keep something of them there. */
import { z } from 'zod';
import { cookieName, headerName, integer, queryName } from '../fields/index.ts';
import { appComponent, type Named } from './component.ts';

const fields = {
  sticky: z
    .union([
      z.enum(['cookie', 'address']),
      z.strictObject({
        cookie: cookieName.describe('Name of a cookie that the app sets itself, such as room'),
      }),
      z.strictObject({
        query: queryName.describe('Name of a parameter in the query of the URL, such as room'),
      }),
      z.strictObject({
        header: headerName.describe('Name of a header of the request, such as X-Tenant'),
      }),
      z.strictObject({
        path: integer(1, 16).describe(
          'Which part of the path, counted from 1, such as 2 for the 42 of /rooms/42/join',
        ),
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
  return { sticky: [{ by, cookie: [], value: [said(sticky, `keelson_of_${id}`)] }] };
}

/** What of a request tells; `found`: a variable for what a pattern finds. */
function said(sticky: Exclude<Sticky['sticky'], string | undefined>, found: string) {
  if ('cookie' in sticky) {
    const name = sticky.cookie.replace(/[^A-Za-z0-9_-]/g, '\\$&');
    return part('$http_cookie', `~(?:^|; *)${name}=(?<${found}>[^;]+)`, `$${found}`);
  }
  if ('path' in sticky)
    return part('$uri', `~^(?:/+[^/]+){${sticky.path - 1}}/+(?<${found}>[^/]+)`, `$${found}`);
  const value =
    'query' in sticky
      ? `$arg_${sticky.query}`
      : `$http_${sticky.header.toLowerCase().replaceAll('-', '_')}`;
  return { from: value, otherwise: value, match: "''", to: anybody };
}

/** In quotes, since a pattern may hold braces. */
const part = (from: string, pattern: string, to: string) => ({
  ...{ from, otherwise: anybody, match: `"${pattern}"`, to },
});

export const sticky = appComponent({ name: 'sticky', fields });
