/** Domains: the names that the site of an app answers to; each is one app's on a server. */
import { z } from 'zod';
import { domain } from '../fields/index.ts';
import { pairs } from '../lib/pairs.ts';
import { appComponent } from './component.ts';

const fields = {
  domains: z
    .array(domain)
    .min(1, 'is empty; give at least one domain, or `default` for whoever asks')
    .describe('Names that the site answers to; `default`: whoever asks for no other site’s name'),
};

type Domains = {
  readonly name: string;
  readonly domains: readonly string[];
  readonly redirectFrom: readonly string[];
};

/** What the template of a site says of them. */
export const namesOf = ({ domains }: { domains: readonly string[] }) => ({
  default: domains.includes('default'),
  // A server without a name of its own has one that nobody can ask for.
  names: domains.filter((domain) => domain !== 'default').join(' ') || '_',
});

export const domains = appComponent({
  name: 'domains',
  fields,
  conflicts: (apps: readonly Domains[], { server }) => {
    const all = apps.flatMap(domainsOf);
    const page = server?.status?.domain;
    return [
      ...pairs(all, (a, b) => a.domain === b.domain).map(
        ({ first, second }) =>
          `${second.at}: "${second.domain}" belongs to apps.${first.name}; name each domain once`,
      ),
      // Of two sites of one name nginx serves the one that it reads first.
      ...all
        .filter(({ domain }) => domain === page)
        .map(
          ({ at, domain }) =>
            `${at}: "${domain}" belongs to the status page of the server; choose another for one of them`,
        ),
    ];
  },
});

/** Each name that leads to an app, and the setting that says it. */
export const domainsOf = ({ name, domains, redirectFrom }: Domains) =>
  Object.entries({ domains, redirectFrom }).flatMap(([setting, given]) =>
    given.map((domain, index) => ({ name, domain, at: `apps.${name}.${setting}.${index}` })),
  );
