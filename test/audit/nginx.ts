/**
 * The controls of dev-sec's nginx-baseline (https://github.com/dev-sec/nginx-baseline, bdd69d3) and ssl-baseline
 * (https://github.com/dev-sec/ssl-baseline, 89f18b2), of a site over https.
 */
import { type Control, holds, left, nginx } from './control.ts';

/** Of the answer to a request for a site, by https. */
const answer = (pattern: string): string =>
  `curl -skI --resolve shop.example.com:443:127.0.0.1 https://shop.example.com/ | tr -d '\\r' | grep -iE '${pattern}'`;
const client = 'openssl s_client -connect 127.0.0.1:443 -servername shop.example.com';
/** Whether nginx agrees to it; nothing else of the client's is in the way. */
const agrees = (options: string): string =>
  `${client} ${options} </dev/null 2>&1 | grep -E '^ *(Cipher *(is|:)|New,)' | grep -vE 'NONE|0000'`;
const refused = (options: string): string => `! { ${agrees(options)}; }`;
const weak = (ciphers: string): string => refused(`-tls1_2 -cipher ${ciphers}:@SECLEVEL=0`);

export const web: readonly Control[] = [
  holds(
    'nginx-01',
    'Workers are nobody who may log in',
    'ps -o user= -C nginx | grep -qx www-data && getent passwd www-data | grep -q nologin',
  ),
  left(
    'nginx-02',
    'nginx.conf is not for all to read',
    'it holds no secret; keys lie where root alone reads',
  ),
  holds(
    'nginx-03',
    'Debian’s default site is gone',
    '[ ! -e /etc/nginx/conf.d/default.conf ] && [ ! -e /etc/nginx/sites-enabled/default ]',
  ),
  holds('nginx-04', 'One nginx', '[ "$(pgrep -c -f "^nginx: master")" = 1 ]'),
  holds('nginx-05', 'Its version is not told', nginx('server_tokens off;')),
  left(
    'nginx-06',
    'Buffers of 1 KiB',
    'headers of Node.js take 16 KiB, and bodies 10 MiB by default; both are settings',
  ),
  left(
    'nginx-07',
    'Five connections for each address',
    'offices and mobile networks share one; `rateLimit` limits requests',
  ),
  holds('nginx-08', 'Frames', answer('^x-frame-options: *sameorigin')),
  left(
    'nginx-09',
    'X-XSS-Protection',
    'browsers took it out again, since it opened holes of its own',
  ),
  holds('nginx-10', 'Types are as they are told', answer('^x-content-type-options: *nosniff')),
  holds(
    'nginx-12',
    'TLS 1.2 and 1.3 alone, no tickets',
    `${nginx('ssl_protocols TLSv1.2 TLSv1.3;')} && ${nginx('ssl_session_tickets off;')}`,
  ),
  holds('nginx-13', 'HSTS', answer('^strict-transport-security: *max-age=[1-9]')),
  left('nginx-14', 'GET, HEAD and POST alone', 'APIs need PUT, PATCH and DELETE'),
  left(
    'nginx-15',
    'Content-Security-Policy',
    'an app knows what its pages load; `headers` sets one',
  ),
  left(
    'nginx-16',
    'Cookies are Secure and HttpOnly',
    'the app’s; nginx has no such module in Debian',
  ),
  left('nginx-17', 'Time-outs of 10 s', 'uploads of phones pause for longer'),
  left('ssl2', 'No SSL 2', 'OpenSSL of Debian has none'),
  left('ssl3', 'No SSL 3', 'OpenSSL of Debian has none'),
  holds('tls1.0', 'No TLS 1.0', refused('-tls1 -cipher ALL:@SECLEVEL=0')),
  holds('tls1.1', 'No TLS 1.1', refused('-tls1_1 -cipher ALL:@SECLEVEL=0')),
  holds('tls1.2', 'TLS 1.2', agrees('-tls1_2')),
  holds('tls1.3', 'TLS 1.3', agrees('-tls1_3')),
  holds('kx-ecdh', 'Elliptic curves', agrees('-tls1_2 -cipher ECDHE')),
  holds('kx-rsa', 'No key exchange by RSA', weak('kRSA')),
  left('kx-dh', 'No DHE', 'Mozilla’s intermediate profile keeps it for TLS 1.2'),
  left('kx-krb5', 'No Kerberos', 'OpenSSL has none'),
  holds('kx-psk', 'No shared keys', weak('PSK')),
  left('kx-gostr', 'No GOST', 'OpenSSL of Debian has none'),
  holds('kx-srp', 'No SRP', weak('SRP')),
  holds('au-ecdsa-rsa', 'ECDSA or RSA', agrees('-tls1_2 -cipher aECDSA:aRSA')),
  holds('au-anon', 'Nobody is anonymous', weak('aNULL')),
  holds('au-dss', 'No DSS', weak('aDSS')),
  holds('au-psk', 'No shared keys to know each other by', weak('aPSK')),
  left('au-export', 'No export ciphers', 'OpenSSL has none'),
  holds('enc-aes-gcm-chacha20', 'AES-GCM or ChaCha20', agrees('-tls1_2 -cipher AESGCM:CHACHA20')),
  holds(
    'enc-cbc',
    'No CBC',
    weak(
      'AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES256-SHA384',
    ),
  ),
  left('enc-rc4', 'No RC4', 'OpenSSL of Debian has none'),
  left('enc-export', 'No export ciphers', 'OpenSSL has none'),
  left('enc-des', 'No DES', 'OpenSSL of Debian has none'),
  holds('enc-enull', 'No cipher that hides nothing', weak('eNULL')),
  holds('enc-camellia', 'No Camellia', weak('CAMELLIA')),
  left('enc-seed', 'No SEED', 'OpenSSL of Debian has none'),
  left('enc-idea', 'No IDEA', 'OpenSSL of Debian has none'),
  holds('enc-aes-ccm', 'No CCM', weak('AESCCM')),
  holds(
    'mac-sha384-sha256-poly1305',
    'SHA-2 or Poly1305',
    agrees('-tls1_2 -cipher SHA384:SHA256:CHACHA20'),
  ),
  left('mac-md5', 'No MD5', 'OpenSSL of Debian has none'),
  holds('mac-sha', 'No SHA-1', weak('SHA1')),
  holds('mac-null', 'No message without authentication', weak('eNULL')),
  holds('robotattack', 'No oracle of Bleichenbacher’s', weak('kRSA')),
];
