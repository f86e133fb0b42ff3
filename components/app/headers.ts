/** Headers that nginx adds to every answer of a site, in place of the app's own of the same name. */
import { z } from 'zod';
import { headerName, headerValue } from '../fields/index.ts';
import { appComponent } from './component.ts';

/** What nginx or the app must say itself. */
const own = new Set(
  `connection content-encoding content-length content-type date keep-alive location server set-cookie
  trailer transfer-encoding upgrade`.split(/\s+/),
);

const fields = {
  headers: z
    .record(
      headerName.refine((name) => !own.has(name.toLowerCase()), {
        error: 'is said by nginx or the app itself; leave it to them',
      }),
      headerValue,
    )
    .prefault({})
    .describe(
      'Headers of every answer of the site, in place of the app’s own of that name, such as X-Frame-Options',
    ),
};

type Header = { name: string; value: string };

/** nginx takes all headers of a place or none: where a location has some of its own, those of the site are said again. */
export const headersBeside = (
  headers: Readonly<Record<string, string>>,
  ...others: readonly string[]
): Header[] =>
  Object.entries(headers)
    .filter(([name]) => !others.includes(name.toLowerCase()))
    .map(([name, value]) => ({ name, value: value.replace(/["\\]/g, '\\$&') }));

export const headers = appComponent({ name: 'headers', fields });
