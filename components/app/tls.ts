/** TLS of a site: its certificate, and that nginx serves it by https. */
import { covered } from '../fields/secrets.ts';
import { keySecret, type TlsGiven, tlsFiles, tlsOf, tlsSchema } from '../fields/tls.ts';
import { pairProblems } from '../lib/certificates.ts';
import type { ServerConfig } from '../server/components.ts';
import { httpsItems, localPair } from '../server/https.ts';
import { type AppContext, appComponent } from './component.ts';

const fields = { tls: tlsSchema };

type Site = {
  name: string;
  tls?: TlsGiven;
  domains: readonly string[];
  redirectFrom: readonly string[];
};

type Secrets = Readonly<Record<string, string>>;
type Context = Pick<AppContext, 'facts' | 'secrets'> & {
  server: Pick<ServerConfig, 'name'> & { acme?: unknown };
};

/** The names that its certificate must be for. */
export const certifiedNames = ({ domains, redirectFrom }: Omit<Site, 'name'>): string[] =>
  [...domains, ...redirectFrom].filter((domain) => domain !== 'default');

/** Certificate and key as they are brought to the server. */
function broughtBy(tls: TlsGiven, secrets: Secrets) {
  const secret = keySecret(tls);
  const { key, ...local } = localPair(tls);
  return { ...local, key: secret === undefined ? key : secrets[secret] };
}

export const tls = appComponent({
  name: 'tls',
  fields,
  render: (app: Site, { facts, server, secrets }: Context) => {
    const tls = tlsOf(app.tls, server.acme);
    if (!tls) return {};
    const isDefault = app.domains.includes('default');
    const hasAliases = app.redirectFrom.length > 0;
    const site = { name: app.name, tls, isDefault, hasAliases, names: certifiedNames(app) };
    return {
      tls: httpsItems({ ...site, ...broughtBy(app.tls, secrets) }, facts),
      // nginx refuses a second default server: another site that was it gives it up first.
      last: isDefault ? (['site', 'tls'] as const) : [],
    };
  },
  conflicts: (apps: readonly Site[], { secrets }) =>
    apps.flatMap((app) => problems(app, secrets[app.name] ?? {})),
  localFiles: ({ tls }) => tlsFiles(tls),
});

/** Before anything is changed; what cannot be read here is told elsewhere. */
function problems(app: Site, secrets: Secrets): string[] {
  const at = `apps.${app.name}.tls`;
  const secret = keySecret(app.tls);
  if (secret !== undefined && secrets[secret] === undefined)
    return [
      `${at}.key.secret: there is no ${secret} yet; run pulumi config set --secret --path 'keelson:secrets.${app.name}.${secret}' < FILE`,
    ];
  const { certificate, key } = broughtBy(app.tls, secrets);
  if (certificate === undefined) return [];
  const pair = { certificate, names: certifiedNames(app), key: key === covered ? undefined : key };
  return pairProblems(pair, new Date()).map(({ at: part, text }) => `${at}.${part}: ${text}`);
}
