/** URLs, whole and in parts. */
import { matching } from './matching.ts';

const urlSegment = '(?!\\.{1,2}(?:[/?]|$))[A-Za-z0-9._~@+:=,-]+';

/** The path of a URL, without a query: `/` or `/static`. */
export const urlPath = matching(
  new RegExp(`^(?=.{1,255}$)/(?:${urlSegment}(?:/${urlSegment})*/?)?$`),
  'is not a URL path; begin with a slash, then letters, digits and ._~@+:=,- between slashes',
).describe('Path of a URL, such as /static');

/** What is asked of an app by a health check: a path, with a query where one is needed. */
export const requestPath = matching(
  new RegExp(
    `^(?=.{1,255}$)/(?:${urlSegment}(?:/${urlSegment})*/?)?(?:\\?[A-Za-z0-9._~@+:=,/-]+)?$`,
  ),
  'is not a request path; begin with a slash, such as /health or /health?deep=1',
).describe('Path that is requested, such as /health');

/** Where a redirect leads: a path of the same site, or an address. */
export const redirectTarget = matching(
  /^(?=.{1,1000}$)(?:\/(?!\/)|https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:\/|$))[A-Za-z0-9._~@+:=,/?&%-]*(?:#[A-Za-z0-9._~-]*)?$/,
  'is neither a path nor a URL; write one such as /new or https://example.com/new',
).describe('Path such as /new, or URL such as https://example.com/new');

/** An address to fetch a file from; always together with its SHA-256. */
export const url = matching(
  /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?\/[A-Za-z0-9._~/@+=-]{1,1000}$/,
  'is not a plain URL; give https://host/path without user, query or escapes',
).describe('URL of a file, such as https://example.com/shop-1.2.0.tar.gz');

/** An address that is itself a secret, such as that of a webhook: whatever curl asks as it stands, in quotes. */
export const secretUrl = matching(
  /^https?:\/\/[A-Za-z0-9[][!#-&(-;=?-[\]_a-z~]{0,2000}$/,
  'is not a URL; give the whole https://… that the receiver shows',
).describe('URL that is a secret, such as that of a webhook');
