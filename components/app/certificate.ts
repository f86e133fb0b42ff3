/** The certificate of an app's site that a CA gives by ACME, for all its names. */
import { isByAcme, type TlsGiven, tlsOf } from '../fields/tls.ts';
import { type Acme, acmeCertificate } from '../server/acme.ts';
import { besideCertbot, uncertified } from '../server/certificate.ts';
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
    isByAcme(tlsOf(app.tls, acme))
      ? besideCertbot(
          { name: app.name, called: app.name, names: certifiedNames(app), part: 'tls' },
          facts,
        )
      : [],
  conflicts: (apps: readonly Site[], { server }: Neighbours) =>
    server
      ? apps
          .filter(({ tls }) => isByAcme(tlsOf(tls, server.acme)))
          .flatMap((app) => problems(app, server.acme))
      : [],
});

function problems(app: Site, acme: Acme | undefined): string[] {
  const at = `apps.${app.name}`;
  if (acme && certifiedNames(app).length === 0)
    return [`${at}.domains: has no name for a certificate by ACME; add one, or write tls: off`];
  return uncertified(`${at}.tls`, domainsOf(app), acme);
}
