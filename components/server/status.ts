/** The status page: what the host and its apps are at, for people and for Prometheus. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { givenTlsSchema, tlsFiles } from '../fields/tls.ts';
import { directory, file, unit } from '../host/kinds.ts';
import { pairProblems } from '../lib/certificates.ts';
import { sha512Crypt } from '../lib/sha512-crypt.ts';
import { template } from '../lib/template.ts';
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
    tls: givenTlsSchema.optional(),
  })
  .describe(
    'A page with the status of the server and its apps, renewed each minute; behind `statusPassword` of keelson:serverSecrets, or for `allow` alone; default: there is none',
  );

type Status = { status?: z.output<typeof statusSchema> | undefined };

/** What `status` may be told beside its own settings. */
const fields = { status: statusSchema.optional() };

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
  conflicts: (servers: readonly Status[]) => [...new Set(servers.flatMap(unfit))],
  render: ({ status }: Status, { facts, secrets = {} }) => {
    if (!status) return {};
    const { tls, domain } = status;
    const site = { name: '0-status', names: [domain], ...localPair(tls) };
    const { statusPassword: password } = secrets;
    // It goes with whichever of the two manifests goes last.
    const folder = directory(own);
    return {
      base: [
        folder,
        file(`${own}/style.css`, template('server/status/style.css', {})),
        file(`${own}/script.js`, template('server/status/script.js', {})),
        directory(place, { ...forNginx, mode: '2750', remove: 'all' }),
        directory(`${sites}/0-status`, { theirs: true }),
        file(`${sites}/0-status.conf`, conf(status, password !== undefined), { check: 'nginx' }),
        file(`${units}/${service}`, template('server/keelson-status.service', { place }), {
          check: 'systemd',
        }),
        file(`${units}/${timer}`, template('server/keelson-status.timer', {}), {
          check: 'systemd',
        }),
        unit(service, { failed: 'no' }),
        unit(timer, { enabled: 'enabled', active: 'active', change: 'restart' }),
      ],
      private: [
        ...(password === undefined
          ? []
          : [folder, file(users, userLine(password), { ...forNginx, mode: '0640', secret: true })]),
        ...(tls ? httpsItems({ ...site, tls }, facts) : []),
      ],
    };
  },
});

/** What is wrong with its certificate. */
function unfit({ status }: Status): string[] {
  const { certificate, key } = localPair(status?.tls);
  if (!status || certificate === undefined) return [];
  const pair = { certificate, key, names: [status.domain] };
  return pairProblems(pair, new Date()).map(({ at, text }) => `server.status.tls.${at}: ${text}`);
}

function conf({ domain, allow = [] }: NonNullable<Status['status']>, asks: boolean): string {
  return template('nginx/status.conf', {
    ...{ domain, allow, place, own, challenged: false },
    restricted: allow.length > 0,
    password: asks ? users : false,
  });
}

/** The same in each run, lest each one changes the file: the salt follows from the password. */
function userLine(password: string): string {
  const digest = createHash('sha256').update(`keelson status ${password}`).digest('base64');
  return `status:${sha512Crypt(password, digest.replaceAll('+', '.').slice(0, 16))}\n`;
}
