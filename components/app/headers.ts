/**
 * Headers that nginx adds to every answer of a site: those of the stack file in place of the app's own of the same
 * name, and some that are wanted of every site where the app says nothing of them.
 */
import { z } from 'zod';
import { headerName, headerValue } from '../fields/index.ts';
import type { Tls } from '../fields/tls.ts';
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
      z.union([headerValue, z.literal(false)]),
    )
    .prefault({})
    .describe(
      'Headers of every answer of the site, in place of the app’s own of that name, such as X-Frame-Options; `false` leaves out one that every site has: X-Content-Type-Options, X-Frame-Options, Referrer-Policy and, over TLS, Strict-Transport-Security',
    ),
};

/** By name; a value with `$` is a variable of nginx.conf, which is empty where the app has its own word. */
export type Headers = Readonly<Record<string, string>>;

const standard: Headers = {
  'X-Content-Type-Options': '$keelson_nosniff',
  'X-Frame-Options': '$keelson_frames',
  'Referrer-Policy': '$keelson_referrer',
};

/**
 * All headers of a site, by name: its own, and those of every site that it says nothing of.
 * @example headersOf({ 'X-Frame-Options': false }, undefined) // without X-Frame-Options
 */
export function headersOf(
  given: z.output<(typeof fields)['headers']>,
  tls: Tls | undefined,
): Headers {
  const all = { ...standard, ...(tls && { 'Strict-Transport-Security': '$keelson_hsts' }) };
  const told = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  // Browsers that know frame-ancestors do not read the older header beside it.
  if (Object.values(given).some((value) => value !== false && value.includes('frame-ancestors')))
    told.add('x-frame-options');
  const own = Object.entries(given).flatMap(([name, value]) =>
    value === false ? [] : [[name, value] as const],
  );
  return Object.fromEntries<string>([
    ...own,
    ...Object.entries<string>(all).filter(([name]) => !told.has(name.toLowerCase())),
  ]);
}

type Header = {
  name: string;
  value: string;
  /** It takes the place of the app's. */
  isOwn: boolean;
};

/** nginx takes all headers of a place or none: where a location has some of its own, those of the site are said again. */
export const headersBeside = (headers: Headers, ...others: readonly string[]): Header[] =>
  Object.entries(headers)
    .filter(([name]) => !others.includes(name.toLowerCase()))
    .map(([name, value]) => ({
      name,
      value: value.replace(/["\\]/g, '\\$&'),
      isOwn: !value.startsWith('$'),
    }));

export const headers = appComponent({ name: 'headers', fields });
