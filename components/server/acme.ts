/** ACME: certificates that a CA gives by itself, and renews; docs/acme.md. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import type { Secrets } from '../fields/secrets.ts';
import type { Item } from '../host/item.ts';
import {
  aptPackage,
  certificate,
  directory,
  file,
  group,
  systemUser,
  unit,
} from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';
import { certificates } from './ship.ts';

const unaccepted =
  'is not true; read the terms of the CA, such as https://letsencrypt.org/repository/, and write true';

const acmeSchema = z
  .strictObject({
    contact: field.email.describe('Mail address that the CA has for the account'),
    terms: z
      .boolean({ error: unaccepted })
      .refine((accepted) => accepted, { error: unaccepted })
      .describe(
        'That the terms of the CA are accepted; those of Let’s Encrypt: https://letsencrypt.org/repository/',
      ),
    directory: field
      .matching(
        /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~/-]{0,500})?$/,
        'is not the URL of a directory; write one such as https://acme-staging-v02.api.letsencrypt.org/directory',
      )
      .prefault('https://acme-v02.api.letsencrypt.org/directory')
      .describe(
        'Directory of the CA; another one makes other certificates. That of Let’s Encrypt for trials: https://acme-staging-v02.api.letsencrypt.org/directory',
      ),
    ca: certificates
      .optional()
      .describe('Root certificate of a private CA, in PEM; default: those that Debian trusts'),
    dns: z
      .strictObject({
        command: field.hostPath.describe(
          'Program on the host that is called with `set` or `clear`, the name of a TXT record and its value, and has the secret `acmeDns` on standard input',
        ),
      })
      .optional()
      .describe(
        'How names are proved by DNS (dns-01), which a wildcard needs; default: by a file that nginx serves (http-01)',
      ),
    profile: field
      .matching(/^[a-z0-9-]{1,50}$/, 'is not the name of a profile; write one such as shortlived')
      .prefault('default')
      .describe(
        'Profile of the CA, such as `shortlived` for the six days of Let’s Encrypt; from Debian 13 on',
      ),
    keyType: z
      .enum(['ecdsa', 'rsa'])
      .prefault('ecdsa')
      .describe(
        'Type of the keys of sites: `ecdsa` is P-256; `rsa`, of 2048 bits, is for clients of before 2014',
      ),
  })
  .optional()
  .describe(
    'Certificates by ACME, for each app with `domains`, and the status page, that does not say otherwise in `tls`; default: none',
  );

const fields = { acme: acmeSchema };
type Given = z.output<z.ZodObject<typeof fields>>;
export type Acme = NonNullable<Given['acme']>;

/** What the client works in, and nginx reads. */
const place = '/var/lib/keelson-acme';
/** Where `fullchain.pem` and `privkey.pem` of a site are: a link, which leads to another directory after each renewal. */
export const acmeFolder = (site: string): string => `${place}/live/${site}`;

const user = 'keelson-acme';
const units = '/etc/systemd/system';
const own = '/etc/keelson/acme';
const timer = 'keelson-acme.timer';

/**
 * The certificate of a site.
 * @example acmeCertificate('shop', ['shop.example.com'], server.acme)
 */
export const acmeCertificate = (site: string, domains: readonly string[], acme: Acme): Item =>
  certificate(site, {
    domains,
    from: acme.directory,
    key: acme.keyType,
    profile: acme.profile,
    challenge: acme.dns ? 'dns-01' : 'http-01',
    contact: acme.contact,
  });

export const acme = serverComponent({
  name: 'acme',
  fields,
  secrets: {
    acmeAccount: z
      .string()
      .regex(
        /^-----BEGIN ((?:RSA )?PRIVATE KEY)-----\n[A-Za-z0-9+/=\n]{60,8000}\n-----END \1-----\n?$/,
        {
          error: 'is not an RSA key in PEM; make one with openssl genrsa 2048',
        },
      )
      .describe(
        'Key of the account at the CA, which a server that is rebuilt then keeps; default: its own',
      ),
    acmeDns: z
      .string()
      .regex(/^[\t\n -~]{1,8000}$/, { error: 'holds what is no printable ASCII; encode it' })
      .describe('What the program in `acme.dns` needs to change the zone, such as a token'),
  },
  render: ({ acme }: Given, { secrets = {} }) =>
    acme ? { base: base(acme, secrets), private: secretFiles(secrets) } : {},
});

const secretNames = { account: 'acmeAccount', dns: 'acmeDns' } as const;

const credentials = (secrets: Secrets) =>
  Object.entries(secretNames).filter(([, secret]) => secrets[secret] !== undefined);

function base({ ca, dns }: Acme, secrets: Secrets): Item[] {
  const view = {
    ...{ place, own, user },
    ...{ ca: ca !== undefined, dns: dns ? [dns.command] : [] },
    credentials: credentials(secrets).map(([name]) => name),
  };
  const systemd = (name: string) =>
    file(`${units}/${name}`, template(`server/acme/${name}`, view), { check: 'systemd' });
  return [
    ...['dehydrated', 'openssl', 'curl', 'ca-certificates'].map((name) => aptPackage(name)),
    ...[group(user), systemUser(user, { group: user })],
    ...folders(),
    ...(ca === undefined ? [] : [directory(own, { mode: '0755' }), file(`${own}/ca.pem`, ca)]),
    directory('/usr/local/lib/keelson'),
    file('/usr/local/lib/keelson/acme-hook', template('server/acme/hook', {}), { mode: '0755' }),
    directory(`${units}/keelson-acme@.service.d`),
    // What fails there is told by who called it, with the words of the CA.
    file(`${units}/keelson-acme@.service.d/50-keelson-failed.conf`, template('alerts/silent', {})),
    ...['keelson-acme@.service', 'keelson-acme.service', timer].map(systemd),
    unit(timer, { enabled: 'enabled', active: 'active', change: 'restart' }),
  ];
}

/** Keys of sites are root's; the client has its account, and where the CA looks. */
const folders = (): Item[] => {
  const client = { owner: user, group: user } as const;
  return [
    directory(place, { remove: 'all' }),
    directory(`${place}/account`, { ...client, mode: '0700', remove: 'all' }),
    directory(`${place}/challenges`, { ...client, mode: '0755', remove: 'all' }),
    ...['live', 'requests', 'results', 'failed'].map((name) =>
      directory(`${place}/${name}`, { mode: '0700', remove: 'all' }),
    ),
  ];
};

const secretFiles = (secrets: Secrets): Item[] => {
  const given = credentials(secrets);
  if (given.length === 0) return [];
  return [
    directory(own, { mode: '0755' }),
    ...given.map(([name, secret]) =>
      file(`${own}/${name}`, secrets[secret] ?? '', { mode: '0600', secret: true }),
    ),
  ];
};
