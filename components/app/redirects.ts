/** Redirects of a site: from old paths, and from other domains. */
import { z } from 'zod';
import { domain, redirectTarget, urlPath } from '../fields/index.ts';
import { appComponent, type Named } from './component.ts';

const fields = {
  redirects: z
    .record(
      urlPath,
      redirectTarget.describe('Path of this site, or a whole URL, that is asked for instead'),
    )
    .prefault({})
    .describe('Paths that are gone for good (301), each with what is asked for instead'),
  redirectFrom: z
    .array(domain)
    .prefault([])
    .describe(
      'Other domains, such as www.example.com, whose visitors are sent to the first of `domains`',
    ),
};

type Redirects = Named<typeof fields> & {
  domains: readonly string[];
  /** Of a site that an app answers for. */
  health?: string;
};

const isOne = (domain: string): boolean => domain !== 'default' && !domain.startsWith('*.');

/** What nginx answers with, for the template of the site. */
export const redirectsOf = ({ redirects, redirectFrom, domains }: Omit<Redirects, 'health'>) => ({
  redirects: Object.entries(redirects).map(([from, to]) => ({
    from,
    // What was asked for with a query is asked for with it again.
    to: `${to.startsWith('/') ? '$keelson_scheme://$keelson_host' : ''}${to}${/[?#]/.test(to) ? '' : '$is_args$args'}`,
  })),
  aliases: redirectFrom.join(' '),
  main: domains.find(isOne) ?? '',
});

export const redirects = appComponent({
  name: 'redirects',
  fields,
  conflicts: (apps: readonly Redirects[]) => apps.flatMap(problems),
});

function problems({ name, redirects, redirectFrom, domains, health }: Redirects): string[] {
  const probe = health?.split('?')[0];
  const at = `apps.${name}`;
  return [
    ...Object.entries(redirects).flatMap(([from, to]) => [
      ...(from === probe
        ? [`${at}.redirects.${from}: is the health path, which the app answers; choose another`]
        : []),
      ...(from === to ? [`${at}.redirects.${from}: leads to itself; give another path`] : []),
    ]),
    ...redirectFrom.flatMap((domain, index) =>
      domain === 'default'
        ? [`${at}.redirectFrom.${index}: "default" cannot be sent away; put it into domains`]
        : [],
    ),
    ...(redirectFrom.length > 0 && !domains.some(isOne)
      ? [`${at}.redirectFrom: there is no domain to send to; name one in domains`]
      : []),
  ];
}
