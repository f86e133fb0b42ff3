/** Https: the files that make nginx serve a site over TLS, whoever has it. */
import { isByAcme, type Tls } from '../fields/tls.ts';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { acmeFolder } from './acme.ts';
import { sites } from './nginx.ts';

/** Where certificate and key of a site lie: `fullchain.pem` and `privkey.pem`. */
export const tlsFolder = (name: string): string => `/etc/keelson/tls/${name}`;

/** What nginx and OpenSSL of this Debian can: `http2 on` is of nginx 1.25.1, X25519MLKEM768 of OpenSSL 3.5. */
const abilities = ({ codename }: Pick<Facts, 'codename'>) => {
  const modern = codename !== 'bookworm';
  return { modern, hybrid: modern };
};

type Site = {
  name: string;
  tls: Tls;
  /** It answers to whoever asks for no other name. */
  isDefault?: boolean;
  hasAliases?: boolean;
};

/** nginx's side of TLS: of this site, of its aliases, and of names that nobody has. */
export function httpsFiles(site: Site, facts: Pick<Facts, 'codename'>): Item[] {
  const able = abilities(facts);
  const check = { check: 'nginx' } as const;
  const conf = (isDefault: boolean) =>
    template('nginx/tls', { ...view(site), ...able, default: isDefault });
  return [
    file(`${sites}/0-default-tls.conf`, template('nginx/default-tls.conf', able), {
      ...check,
      port: 443,
    }),
    file(`${sites}/${site.name}.tls`, conf(site.isDefault === true), check),
    ...(site.hasAliases ? [file(`${sites}/${site.name}.aliases`, conf(false), check)] : []),
  ];
}

function view({ name, tls }: Site) {
  const { certificate, key, redirect, hsts } = tls;
  const own = isByAcme(tls) ? acmeFolder(name) : tlsFolder(name);
  return {
    name,
    certificate: pathOf(certificate) ?? `${own}/fullchain.pem`,
    key: pathOf(key) ?? `${own}/privkey.pem`,
    redirect,
    hsts: hsts === 'off' ? '' : `max-age=${hsts}`,
  };
}

/** Of a file that is on the server already. */
const pathOf = (given: Tls['certificate'] | Tls['key']): string | undefined =>
  typeof given === 'object' && 'onHost' in given ? given.onHost : undefined;
