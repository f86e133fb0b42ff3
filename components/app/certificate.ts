/** The certificate of a site that a CA gives by ACME, for all its names. */
import { isIPv4 } from 'node:net';
import { isByAcme, type TlsGiven, tlsOf } from '../fields/tls.ts';
import type { Facts } from '../host/facts.ts';
import { type Acme, acmeCertificate } from '../server/acme.ts';
import { type AppContext, appComponent, type Neighbours } from './component.ts';
import { domainsOf } from './domains.ts';
import { certifiedNames } from './tls.ts';

type Site = {
  name: string;
  tls?: TlsGiven;
  domains: readonly string[];
  redirectFrom: readonly string[];
};

type Context = Pick<AppContext, 'facts'> & { server: { acme?: Acme | undefined } };

export const certificate = appComponent({
  name: 'certificate',
  fields: {},
  render: (app: Site, { server: { acme } }: Context) =>
    acme && isByAcme(tlsOf(app.tls, acme))
      ? { tls: [acmeCertificate(app.name, certifiedNames(app), acme)] }
      : {},
  notes: (app: Site, { facts, server: { acme } }: Context) =>
    acme && isByAcme(tlsOf(app.tls, acme))
      ? besideCertbot(app, facts.certbot ?? []).map((text) => ({
          ...{ part: 'tls', item: `certificate ${app.name}`, keys: ['state', 'domains'], text },
        }))
      : [],
  conflicts: (apps: readonly Site[], { server }: Neighbours) =>
    server
      ? apps
          .filter(({ tls }) => isByAcme(tlsOf(tls, server.acme)))
          .flatMap((app) => problems(app, server.acme))
      : [],
});

/** What becomes of certbot's renewal, by how it proves names. */
const fates: Record<string, string> = {
  webroot: 'its renewal fails from now on',
  standalone: 'its renewal clashes with nginx on port 80',
  nginx: 'its renewal edits the file of the site for a moment',
};

/** Certificates that certbot brought for names of the site. */
function besideCertbot(app: Site, lineages: NonNullable<Facts['certbot']>): string[] {
  const own = certifiedNames(app);
  return lineages
    .filter(({ domains }) => domains.some((domain) => own.includes(domain)))
    .map(
      ({ name, by }) =>
        `certbot has a certificate for ${app.name} too: it is left in peace, and ${fates[by] ?? 'its renewal goes on'}; certbot delete --cert-name ${name} ends it, once the site has its own`,
    );
}

/** What no CA gives a certificate for, or none in this way. */
function problems(app: Site, acme: Acme | undefined): string[] {
  const at = `apps.${app.name}`;
  if (!acme)
    return [
      `${at}.tls: asks for a certificate by ACME, which the server does not say; give server.acme`,
    ];
  if (certifiedNames(app).length === 0)
    return [`${at}.domains: has no name for a certificate by ACME; add one, or write tls: off`];
  return domainsOf(app).flatMap(({ at: place, domain: name }) => {
    if (isIPv4(name))
      return [
        `${place}: "${name}" is an address, for which there is no certificate by ACME; take it out, or write tls: off`,
      ];
    if (name.startsWith('*.') && !acme.dns)
      return [
        `${place}: "${name}" is a wildcard, which CAs certify by DNS alone; say in server.acme.dns how, or name the domains`,
      ];
    return [];
  });
}
