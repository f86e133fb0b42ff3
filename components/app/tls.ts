/** TLS of a site: its certificate, and that nginx serves it by https. */
import { type TlsGiven, tlsOf, tlsSchema } from '../fields/tls.ts';
import type { Item } from '../host/item.ts';
import { directory } from '../host/kinds.ts';
import type { ServerConfig } from '../server/components.ts';
import { httpsFiles, tlsFolder } from '../server/https.ts';
import { type AppContext, appComponent } from './component.ts';

const fields = { tls: tlsSchema };

type Site = {
  name: string;
  tls?: TlsGiven;
  domains: readonly string[];
  redirectFrom: readonly string[];
};

type Context = Pick<AppContext, 'facts'> & {
  server: Pick<ServerConfig, 'name'> & { acme?: unknown };
};

/** The names that its certificate must be for. */
export const certifiedNames = ({ domains, redirectFrom }: Omit<Site, 'name'>): string[] =>
  [...domains, ...redirectFrom].filter((domain) => domain !== 'default');

export const tls = appComponent({
  name: 'tls',
  fields,
  render: (app: Site, { facts, server }: Context) => {
    const tls = tlsOf(app.tls, server.acme);
    if (!tls) return {};
    const isDefault = app.domains.includes('default');
    const site = { name: app.name, tls, isDefault, hasAliases: app.redirectFrom.length > 0 };
    return {
      tls: [...folders(app.name), ...httpsFiles(site, facts)],
      // nginx refuses a second default server: another site that was it gives it up first.
      last: isDefault ? (['tls'] as const) : [],
    };
  },
});

/** Root's alone. */
const folders = (name: string): Item[] =>
  ['/etc/keelson/tls', tlsFolder(name)].map((path) => directory(path, { mode: '0700' }));
