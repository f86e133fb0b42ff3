import type { Item } from '../item.ts';

/**
 * A certificate that a CA gives by ACME, for a site: `/var/lib/keelson-acme/live/SITE/`.
 * It is made anew where its names, its CA or its type of key are others, or where it is about to end.
 *
 * @param wanted.from URL of the CA's directory.
 * @example certificate('shop', { domains: ['shop.example.com'], ...settingsOf(acme) })
 */
export const certificate = (
  site: string,
  wanted: {
    domains: readonly string[];
    from: string;
    key: 'ecdsa' | 'rsa';
    /** One of those that the CA names; else `default`, what it gives to who names none. */
    profile: string;
    challenge: 'http-01' | 'dns-01';
    contact: string;
  },
): Item => ({
  kind: 'certificate',
  name: site,
  state: {
    domains: [...new Set(wanted.domains)].sort().join(','),
    from: wanted.from,
    key: wanted.key,
    profile: wanted.profile,
    valid: 'yes',
  },
  instructions: { '@challenge': wanted.challenge, '@contact': wanted.contact },
});
