/** TLS: where a site has its certificate from, and what is said of it in a stack file. */
import { z } from 'zod';
import { duration } from './amounts.ts';
import { environmentName } from './names.ts';
import { hostPath, localPath } from './paths.ts';

const onHost = z.strictObject({
  onHost: hostPath.describe(
    'File of the server that somebody else brings, such as certbot in /etc/letsencrypt/live/NAME/',
  ),
});

/** What a site may say of TLS beside where its certificate is from. */
const settings = {
  redirect: z
    .boolean()
    .prefault(true)
    .describe('Sends what comes by http to https; `false` serves both'),
  hsts: z
    .union([z.literal('off'), duration('1s', '30d')])
    .prefault('1d')
    .describe('Time for which browsers come by https alone, once they have been there'),
};

const mapping = z
  .strictObject({
    certificate: z
      .union([localPath, onHost])
      .optional()
      .describe(
        'Certificate in PEM, followed by those that lead to its authority: a file here, or one of the server',
      ),
    key: z
      .union([
        localPath,
        z.strictObject({
          secret: environmentName.describe('Name of a secret of the app, which is not told to it'),
        }),
        onHost,
      ])
      .optional()
      .describe(
        'Private key in PEM, without a password: a file here, a secret, or one of the server',
      ),
    ...settings,
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    error: 'has only one of certificate and key; give both, or neither for one by ACME',
  });

/** How a site is served over TLS. */
export const tlsSchema = z
  .union([z.enum(['off', 'acme']), mapping])
  .optional()
  .describe(
    'Serves the site by https: `acme` gets a certificate and renews it, `certificate` and `key` are one of your own, `off` leaves it to a load balancer in front; default: acme where the server has `acme`, else off',
  );

export type TlsGiven = z.output<typeof tlsSchema>;
export type Tls = z.output<typeof mapping>;

/**
 * What a site is served by over TLS; nothing where it is not. Without a certificate of its own it has one by ACME.
 * @param acme of the server, where it has any.
 */
export function tlsOf(given: TlsGiven, acme: unknown): Tls | undefined {
  const chosen = given ?? (acme === undefined ? 'off' : 'acme');
  if (chosen === 'off') return undefined;
  return chosen === 'acme' ? mapping.parse({}) : chosen;
}

/** Whether its certificate comes by ACME. */
export const isByAcme = (tls: Tls | undefined): boolean =>
  tls !== undefined && tls.certificate === undefined;
