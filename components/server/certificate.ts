/** The certificate of a site that a CA gives by ACME, whoever has the site: what goes before it, and what is beside it. */
import { isIPv4 } from 'node:net';
import type { Contribution } from '../host/compose.ts';
import type { Facts } from '../host/facts.ts';
import type { Acme } from './acme.ts';

type Notes = NonNullable<Contribution['notes']>;

/** What becomes of certbot's renewal, by how it proves names. */
const fates: Record<string, string> = {
  webroot: 'its renewal fails from now on',
  standalone: 'its renewal clashes with nginx on port 80',
  nginx: 'its renewal edits the file of the site for a moment',
};

type Site = {
  /** Of its item. */
  name: string;
  /** What people call it. */
  called: string;
  names: readonly string[];
  part: Notes[number]['part'];
};

/** Certificates that certbot brought for names of the site. */
export const besideCertbot = (site: Site, { certbot = [] }: Pick<Facts, 'certbot'>): Notes =>
  certbot
    .filter(({ domains }) => domains.some((domain) => site.names.includes(domain)))
    .map(({ name, by }) => ({
      ...{ part: site.part, item: `certificate ${site.name}`, keys: ['state', 'domains'] },
      text: `certbot has a certificate for ${site.called} too: it is left in peace, and ${fates[by] ?? 'its renewal goes on'}; certbot delete --cert-name ${name} ends it, once the site has its own`,
    }));

/** A name that is to be in it, and the setting that says it. */
type Named = { readonly at: string; readonly domain: string };

/**
 * What no CA gives a certificate for, or none in this way.
 * @param at the setting by which it is asked for.
 */
export function uncertified(at: string, names: readonly Named[], acme: Acme | undefined): string[] {
  if (!acme)
    return [
      `${at}: asks for a certificate by ACME, which the server does not say; give server.acme`,
    ];
  return names.flatMap(({ at: place, domain: name }) => {
    if (isIPv4(name))
      return [
        `${place}: "${name}" is an address, for which there is no certificate by ACME; give a name, or write tls: off`,
      ];
    if (name.startsWith('*.') && !acme.dns)
      return [
        `${place}: "${name}" is a wildcard, which CAs certify by DNS alone; say in server.acme.dns how, or name the domains`,
      ];
    return [];
  });
}
