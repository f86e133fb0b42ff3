/** The status page: what the host and its apps are at, for people and for Prometheus. */
import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { isByAcme, pageTlsSchema, type Tls, tlsFiles, tlsOf } from '../fields/tls.ts';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { directory, file, unit } from '../host/kinds.ts';
import { pairProblems } from '../lib/certificates.ts';
import { sha512Crypt } from '../lib/sha512-crypt.ts';
import { template } from '../lib/template.ts';
import { type Acme, acmeCertificate } from './acme.ts';
import { besideCertbot, uncertified } from './certificate.ts';
import { serverComponent } from './component.ts';
import { httpsItems, localPair } from './https.ts';
import { sites } from './nginx.ts';

const statusSchema = z
  .strictObject({
    domain: field.domain
      .refine((given) => !/^(?:\*|default$)/.test(given), {
        error: 'is no single name; write one such as status.example.com',
      })
      .describe('Name or IPv4 address under which the page is, and no app'),
    allow: z
      .array(field.network)
      .min(1, 'is empty; name those who may see it, or leave it out')
      .optional()
      .describe(
        'Addresses and networks that may see it; with a password only they are asked for it. Default: all, with the password',
      ),
    tls: pageTlsSchema,
  })
  .describe(
    'A page with the status of the server and its apps, renewed each minute; behind `statusPassword` of keelson:serverSecrets, or for `allow` alone; default: there is none',
  );

type Page = z.output<typeof statusSchema>;
type Status = { status?: Page | undefined; acme?: Acme | undefined };

/** What `status` may be told beside its own settings. */
const fields = { status: statusSchema.optional() };

/** What its site is called beside those of apps, of which none can have this name. */
const site = '0-status';
/** Where the helper writes what nginx serves, and a day of its history. */
const place = '/var/lib/keelson-status';
/** The page's style and script, and who may see it. */
const own = '/etc/keelson/status';
const users = `${own}/users`;
const units = '/etc/systemd/system';
const timer = 'keelson-status.timer';
const service = 'keelson-status.service';

/** nginx reads what lies there, and nobody else but root. */
const forNginx = { group: 'www-data' } as const;

export const status = serverComponent({
  name: 'status',
  fields,
  secrets: {
    statusPassword: z
      .string()
      .min(12, {
        error:
          'is shorter than 12 characters; choose a longer one, such as openssl rand -hex 16 prints',
      })
      .max(128, { error: 'is longer than 128 characters; choose a shorter one' })
      .regex(/^[ -~]*$/, {
        error: 'holds what is no printable ASCII; choose letters, digits and signs',
      })
      .describe('Password of the user `status`, who sees the status page and the metrics'),
  },
  needs: ({ status }: Status) =>
    status && !status.allow
      ? [
          {
            at: 'status',
            secret: 'statusPassword',
            what: 'password or `allow`',
          },
        ]
      : [],
  localFiles: ({ status }: Status) => tlsFiles(status?.tls, 'status.tls'),
  unfit,
  render: ({ status, acme }: Status, { facts, secrets = {} }) => {
    if (!status) return {};
    const tls = tlsOfPage(status, acme);
    const { statusPassword: password } = secrets;
    // It goes with whichever of the two manifests goes last.
    const folder = directory(own);
    return {
      base: [
        folder,
        file(`${own}/style.css`, template('server/status/style.css', {})),
        file(`${own}/script.js`, template('server/status/script.js', {})),
        directory(place, { ...forNginx, mode: '2750', remove: 'all' }),
        directory(`${sites}/${site}`, { theirs: true }),
        file(
          `${sites}/${site}.conf`,
          conf(status, { asks: password !== undefined, challenged: isByAcme(tls) }),
          { check: 'nginx' },
        ),
        file(`${units}/${service}`, template('server/keelson-status.service', { place }), {
          check: 'systemd',
        }),
        file(`${units}/${timer}`, template('server/keelson-status.timer', {}), {
          check: 'systemd',
        }),
        unit(service, { failed: 'no' }),
        unit(timer, { enabled: 'enabled', active: 'active', change: 'restart' }),
      ],
      private:
        password === undefined
          ? []
          : [folder, file(users, userLine(password), { ...forNginx, mode: '0640', secret: true })],
      ...(tls && { 'tls-0-status': https(status, tls, acme, facts) }),
    };
  },
  notes: ({ status, acme }: Status, { facts }) =>
    status && isByAcme(tlsOfPage(status, acme))
      ? besideCertbot(
          { name: site, called: 'the status page', names: [status.domain], part: 'tls-0-status' },
          facts,
        )
      : [],
});

/** A CA reaches no address of the host's own; who comes to such a page does so through ssh. */
const isOwn = (domain: string): boolean => isIPv4(domain) || /(?:^|\.)localhost$/.test(domain);

/** By ACME unless it says otherwise, as apps; but pages that no CA can reach were there before. */
const tlsOfPage = ({ tls, domain }: Page, acme: Acme | undefined): Tls | undefined =>
  tlsOf(tls, isOwn(domain) ? undefined : acme);

/** Its certificate, and that nginx serves it by that. */
function https(
  { domain, tls: given }: Page,
  tls: Tls,
  acme: Acme | undefined,
  facts: Facts,
): Item[] {
  const names = [domain];
  return [
    ...(acme && isByAcme(tls) ? [acmeCertificate(site, names, acme)] : []),
    ...httpsItems({ name: site, names, tls, ...localPair(given) }, facts),
  ];
}

/** What is wrong with its certificate, or stands in the way of one. */
function unfit({ status, acme }: Status): string[] {
  if (!status) return [];
  const { domain, tls } = status;
  if (isByAcme(tlsOfPage(status, acme)))
    return uncertified('status.tls', [{ at: 'status.domain', domain }], acme);
  const { certificate, key } = localPair(tls);
  if (certificate === undefined) return [];
  const pair = { certificate, key, names: [domain] };
  return pairProblems(pair, new Date()).map(({ at, text }) => `status.tls.${at}: ${text}`);
}

function conf({ domain, allow = [] }: Page, given: { asks: boolean; challenged: boolean }): string {
  const { asks, challenged } = given;
  return template('nginx/status.conf', {
    ...{ domain, allow, place, own, challenged },
    restricted: allow.length > 0,
    password: asks ? users : false,
  });
}

/** The same in each run, lest each one changes the file: the salt follows from the password. */
function userLine(password: string): string {
  const digest = createHash('sha256').update(`keelson status ${password}`).digest('base64');
  return `status:${sha512Crypt(password, digest.replaceAll('+', '.').slice(0, 16))}\n`;
}
