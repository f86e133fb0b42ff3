/**
 * Forwards: what a request says of who sent it, and how it was asked for.
 *
 * Apps and their frameworks believe headers that a proxy sets. nginx says the client's address, the name and the
 * scheme; whatever else a proxy may say is taken out of a request, unless the stack file names it and one of the
 * server's load balancers sent it. A header that says what a client wants, such as X-HTTP-Method-Override, passes.
 */
import { z } from 'zod';
import { headerName } from '../fields/index.ts';
import { appComponent, type Named } from './component.ts';

/** Said by nginx itself in each request, or about the connection that it came over. */
const own = new Set(
  `host x-real-ip x-forwarded-for x-forwarded-host x-forwarded-proto
  connection content-length expect keep-alive proxy proxy-connection te trailer transfer-encoding upgrade`.split(
    /\s+/,
  ),
);

/**
 * What only a proxy says. Among it X-Forwarded-Port: X-Forwarded-Host has the port that the client named, and else
 * the scheme tells it; nginx knows its own alone, which is not the client's where a load balancer is in front.
 */
const saidByProxies = [
  // How it was asked for.
  ...`forwarded x-forwarded x-forwarded-by x-forwarded-method x-forwarded-path x-forwarded-port x-forwarded-prefix
  x-forwarded-protocol x-forwarded-scheme x-forwarded-server x-forwarded-ssl x-forwarded-uri x-forwarded-url
  x-original-host x-original-method x-original-proto x-original-uri x-original-url x-rewrite-url x-host
  x-http-host-override x-scheme x-script-name x-url-scheme front-end-https`.split(/\s+/),
  // From where.
  ...`forwarded-for x-original-for x-original-forwarded-for client-ip x-client-ip x-cluster-client-ip x-originating-ip
  x-proxyuser-ip x-remote-addr x-remote-ip true-client-ip cf-connecting-ip cf-connecting-ipv6 cf-pseudo-ipv4
  cloudfront-viewer-address do-connecting-ip fastly-client-ip fly-client-ip incap-client-ip proxy-client-ip
  wl-proxy-client-ip x-appengine-user-ip x-azure-clientip x-azure-socketip x-envoy-external-address x-envoy-internal
  x-nf-client-connection-ip x-vercel-forwarded-for x-vercel-proxied-for`.split(/\s+/),
  // By whom.
  ...`remote-user x-remote-user x-remote-groups x-authenticated-user x-webauth-user x-forwarded-access-token
  x-forwarded-client-cert x-forwarded-email x-forwarded-groups x-forwarded-preferred-username x-forwarded-user
  x-auth-request-access-token x-auth-request-email x-auth-request-groups x-auth-request-preferred-username
  x-auth-request-user cf-access-authenticated-user-email x-amzn-oidc-accesstoken x-amzn-oidc-data
  x-amzn-oidc-identity x-goog-authenticated-user-email x-goog-authenticated-user-id x-ms-client-principal
  x-ms-client-principal-id x-ms-client-principal-name tailscale-user-login tailscale-user-name client-cert
  client-cert-chain ssl-client-cert ssl-client-verify x-client-cert x-client-dn x-client-verify x-ssl-cert
  x-ssl-client-cert x-ssl-client-dn x-ssl-client-s-dn x-ssl-client-verify`.split(/\s+/),
  // What a proxy and an app, or a framework and itself, tell each other. `Proxy` becomes a variable that many
  // libraries take for the proxy to use.
  ...`proxy x-accel-buffering x-accel-charset x-accel-expires x-accel-limit-rate x-accel-mapping x-accel-redirect
  x-sendfile-type x-middleware-subrequest`.split(/\s+/),
];

const fields = {
  forwards: z
    .array(
      headerName.refine((name) => !own.has(name.toLowerCase()), {
        error: 'is said by nginx itself; leave it out',
      }),
    )
    .max(32, 'is longer than 32; name those that the app reads')
    .refine((names) => new Set(names.map((name) => name.toLowerCase())).size === names.length, {
      error: 'names a header twice; name each once',
    })
    .prefault([])
    .describe(
      'Headers such as X-Forwarded-Prefix that the app gets when one of the server’s `nginx.balancers` sends them; from anybody else they do not reach it',
    ),
};

type Forwards = Named<typeof fields>;

/** What the template of a site says of them: `by`, a variable for each that is passed on, and all that are set. */
export function forwardsOf({ forwards }: Pick<Forwards, 'forwards'>) {
  // nginx sets them anew in each site, and keeps few variables well.
  const by = forwards.map((header, index) => ({
    header,
    variable: `keelson_via_${index}`,
    sent: `http_${header.toLowerCase().replaceAll('-', '_')}`,
  }));
  const named = new Set(forwards.map((header) => header.toLowerCase()));
  const cleared = saidByProxies.filter((header) => !named.has(header));
  return { by, cleared };
}

export const forwards = appComponent({
  name: 'forwards',
  fields,
  conflicts: (apps: readonly Forwards[], { server }) =>
    apps
      .filter(({ forwards }) => forwards.length > 0 && server?.nginx.balancers.length === 0)
      .map(
        ({ name, forwards }) =>
          `apps.${name}.forwards: nobody may send ${forwards.join(', ')} to ${server?.name}; name the load balancers in front of it in nginx.balancers`,
      ),
});
