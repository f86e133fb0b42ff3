/** Https: the files that make nginx serve a site over TLS, whoever has it. */
import { isByAcme, isOnHost, type Tls, type TlsGiven, tlsFiles } from '../fields/tls.ts';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { directory, file } from '../host/kinds.ts';
import { localText } from '../lib/local-text.ts';
import { template } from '../lib/template.ts';
import { acmeFolder } from './acme.ts';
import { certificates, sites } from './nginx.ts';

/** Where certificate and key of a site lie, `fullchain.pem` and `privkey.pem`, that are brought to the server. */
export const tlsFolder = (name: string): string => `${certificates}/${name}`;

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
  /** That its certificate must be for. */
  names: readonly string[];
  /** Other names, whose visitors are sent to it. */
  hasAliases?: boolean;
  /** The texts of certificate and key, where they are brought to the server. */
  certificate?: string | undefined;
  key?: string | undefined;
};

/** All that makes nginx serve a site over TLS, but for a certificate by ACME, or one that somebody else brings. */
export const httpsItems = (site: Site, facts: Pick<Facts, 'codename'>): Item[] => [
  ...(site.certificate !== undefined && site.key !== undefined
    ? brought(site.name, site.certificate, site.key)
    : []),
  ...httpsFiles(site, facts),
];

/** Root's alone, as the directories above. */
function brought(name: string, certificate: string, key: string): Item[] {
  const own = tlsFolder(name);
  const mode = '0600';
  return [
    ...[certificates, own].map((path) => directory(path, { mode: '0700' })),
    file(`${own}/fullchain.pem`, certificate, { mode }),
    file(`${own}/privkey.pem`, key, { mode, secret: true }),
  ];
}

/** nginx's side of it: of this site, of its aliases, and of names that nobody has. */
function httpsFiles(site: Site, facts: Pick<Facts, 'codename'>): Item[] {
  const able = abilities(facts);
  const check = { check: 'nginx' } as const;
  const { name, isDefault = false, hasAliases = false } = site;
  const conf = (own: { default: boolean; alias: boolean }) =>
    template('nginx/tls', { ...view(site), ...able, ...own });
  return [
    file(`${sites}/0-default-tls.conf`, template('nginx/default-tls.conf', able), {
      ...check,
      port: 443,
    }),
    file(`${sites}/${name}.tls`, conf({ default: isDefault, alias: false }), {
      ...check,
      pair: pairOf(site),
    }),
    ...(hasAliases
      ? [file(`${sites}/${name}.aliases`, conf({ default: false, alias: true }), check)]
      : []),
  ];
}

function pairOf({ tls: { certificate, key }, names }: Site) {
  if (!isOnHost(certificate) || !isOnHost(key)) return undefined;
  return { certificate: certificate.onHost, key: key.onHost, names };
}

function view({ name, tls }: Site) {
  const { certificate, key, redirect, hsts } = tls;
  const own = isByAcme(tls) ? acmeFolder(name) : tlsFolder(name);
  return {
    name,
    certificate: isOnHost(certificate) ? certificate.onHost : `${own}/fullchain.pem`,
    key: isOnHost(key) ? key.onHost : `${own}/privkey.pem`,
    redirect,
    hsts: hstsHeader(hsts),
  };
}

/** The value of Strict-Transport-Security; empty without. */
function hstsHeader(hsts: Tls['hsts']): string {
  if (hsts === 'off') return '';
  if (typeof hsts === 'number') return `max-age=${hsts}`;
  const { maxAge, includeSubDomains, preload } = hsts;
  return `max-age=${maxAge}${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`;
}

/** The texts of a certificate and a key of this machine; what cannot be read is told elsewhere. */
export const localPair = (tls: TlsGiven): { certificate?: string; key?: string } =>
  Object.fromEntries(
    tlsFiles(tls).flatMap(({ at, path }) => {
      const text = localText(path);
      return text === undefined ? [] : [[at.replace('tls.', ''), text]];
    }),
  );
