/** TLS: where a site has its certificate from, and what is said of it in a stack file. */
import { z } from 'zod';
import { duration } from './amounts.ts';
import { environmentName } from './names.ts';
import { hostPath, localPath } from './paths.ts';

const onHost = z.strictObject({
  onHost: hostPath.describe(
    'File of the server that somebody else brings and renews, such as certbot in /etc/letsencrypt/live/NAME/',
  ),
});

/** Whether somebody else brings a certificate or key to the server. */
export const isOnHost = (given: unknown): given is z.output<typeof onHost> =>
  typeof given === 'object' && given !== null && 'onHost' in given;

const day = 86400;

const longHsts = z
  .strictObject({
    maxAge: duration('1d', '730d').describe(
      'Time for which browsers come by https alone; all of it must go by before the site can do without',
    ),
    includeSubDomains: z
      .boolean()
      .prefault(false)
      .describe('For all names below those of the site as well, whoever serves them'),
    preload: z
      .boolean()
      .prefault(false)
      .describe(
        'Lets hstspreload.org have the names built into browsers, which takes months to undo',
      ),
  })
  .refine(
    ({ preload, includeSubDomains, maxAge }) =>
      !preload || (includeSubDomains && maxAge >= 365 * day),
    {
      path: ['preload'],
      error: 'is taken with includeSubDomains and a maxAge of 365d or more alone; add them',
    },
  );

/** hstspreload.org says: begin with minutes, then a week, then a month; and go on when nothing broke. */
const hsts = z
  .union([
    z.literal('off'),
    duration('1s', '730d').refine((seconds) => seconds <= 30 * day, {
      error:
        'is longer than 30d, and for all of it browsers could not come back by http; when all has worked with 30d, say so with hsts: { maxAge: 365d }',
    }),
    longHsts,
  ])
  .prefault('1d')
  .describe(
    'Time for which browsers come by https alone, once they have been there; more than 30d only as a mapping',
  );

const certificate = z
  .union([localPath, onHost])
  .describe(
    'Certificate in PEM, followed by those that lead to its authority: a file here, or one of the server',
  );

const serving = {
  redirect: z
    .boolean()
    .prefault(true)
    .describe('Sends what comes by http to https; `false` serves both'),
  hsts,
};

type Pair = { certificate?: unknown; key?: unknown };
const isWhole = ({ certificate, key }: Pair) => (certificate === undefined) === (key === undefined);
const isInOnePlace = ({ certificate, key }: Pair) => isOnHost(certificate) === isOnHost(key);

const oneGiven = {
  error: 'has only one of certificate and key; give both, or neither for one by ACME',
};
const oneHere = {
  error: 'has one of certificate and key on the server, and the other here; give both in one place',
};

const ofApp = z
  .strictObject({
    certificate: certificate.optional(),
    key: z
      .union([
        localPath,
        z.strictObject({
          secret: environmentName.describe('Name of a secret of the app, which it is not told'),
        }),
        onHost,
      ])
      .optional()
      .describe(
        'Private key in PEM, without a password: a file here, a secret, or one of the server',
      ),
    ...serving,
  })
  .refine(isWhole, oneGiven)
  .refine(isInOnePlace, oneHere);

const ofPage = z
  .strictObject({
    certificate: certificate.optional(),
    key: z
      .union([localPath, onHost])
      .optional()
      .describe('Private key in PEM, without a password: a file here, or one of the server'),
    ...serving,
  })
  .refine(isWhole, oneGiven)
  .refine(isInOnePlace, oneHere);

const ways = z.enum(['off', 'acme']);

/** How the site of an app is served over TLS. */
export const tlsSchema = z
  .union([ways, ofApp])
  .optional()
  .describe(
    'Serves the site by https: `acme` gets a certificate and renews it, `certificate` and `key` are one of your own, `off` leaves it to a load balancer in front; default: acme where the server has `acme`, else off',
  );

/** How a page of the server's own is. */
export const pageTlsSchema = z
  .union([ways, ofPage])
  .optional()
  .describe(
    'Serves it by https, as `tls` of an app; default: acme where the server has `acme` and a CA can reach the name, which is no address and not below `localhost`; else off',
  );

export type TlsGiven = z.output<typeof tlsSchema>;
export type Tls = z.output<typeof ofApp>;

/**
 * What a site is served by over TLS; nothing where it is not. Without a certificate of its own it has one by ACME.
 * @param acme of the server, where it has any.
 */
export function tlsOf(given: TlsGiven, acme: unknown): Tls | undefined {
  const chosen = given ?? (acme === undefined ? 'off' : 'acme');
  if (chosen === 'off') return undefined;
  return chosen === 'acme' ? ofApp.parse({}) : chosen;
}

/** Whether its certificate comes by ACME. */
export const isByAcme = (tls: Tls | undefined): boolean =>
  tls !== undefined && tls.certificate === undefined;

/** The secret of an app that is its private key. */
export const keySecret = (given: TlsGiven): string | undefined =>
  typeof given === 'object' && typeof given.key === 'object' && 'secret' in given.key
    ? given.key.secret
    : undefined;

/** Secrets of an app that it is told: all but its private key, which is nginx's. */
export const toldSecrets = (
  tls: TlsGiven,
  secrets: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).filter(([name]) => name !== keySecret(tls)));

/** Its files on this machine, by the setting that names each. */
export const tlsFiles = (tls: TlsGiven, at = 'tls'): { at: string; path: string }[] =>
  typeof tls === 'object'
    ? (['certificate', 'key'] as const).flatMap((part) => {
        const path = tls[part];
        return typeof path === 'string' ? [{ at: `${at}.${part}`, path }] : [];
      })
    : [];
