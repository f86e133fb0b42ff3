/** The network: hosts, addresses, domains, ports, e-mail. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { integer } from './amounts.ts';
import { matching } from './matching.ts';
import { refusedPorts } from './refused-ports.ts';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** A host name: labels of lower-case letters, digits and hyphens. */
export const hostname = matching(
  new RegExp(`^(?=.{1,64}$)(?![0-9.]+$)${label}(?:\\.${label})*$`),
  'is not a host name; use lower-case letters, digits, hyphens and dots, such as web1.example.com',
).describe('Host name');

/** Where a host is reached: a name, an IPv4 or an IPv6 address. */
export const address = matching(
  new RegExp(`^(?:(?=.{1,253}$)${label}(?:\\.${label})*|(?=.*:.*:)[0-9a-f:]{2,39})$`),
  'is not an address; give a host name, an IPv4 or an IPv6 address',
)
  .refine((given) => !given.includes(':') || isIP(given) === 6, {
    error: 'is not an IPv6 address; write one such as 2001:db8::7',
  })
  .describe('Host name, IPv4 or IPv6 address');

/** What ssh is given: an address, or a name that ssh_config knows. */
export const sshAddress = z
  .string()
  .regex(/^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|(?=.*:.*:)[0-9A-Fa-f:]{2,39})$/, {
    error: ({ input }) => wrongAddress(String(input)),
  })
  .refine((given) => !/^(?=.*:.*:)[0-9A-Fa-f:]+$/.test(given) || isIP(given) === 6, {
    error: 'is not an IPv6 address; write one such as 2001:db8::7',
  })
  .describe('Host name, IPv4 or IPv6 address, or Host in ssh_config');

/** What people write that is more than the address has settings of its own. */
function wrongAddress(given: string): string {
  const [, user, host = '', port] =
    /^(?:ssh:\/\/)?(?:([^@/]+)@)?(\[[^\]]+\]|[^:@/[\]]+)(?::(\d+))?\/?$/.exec(given) ?? [];
  const parts = [user && `user: ${user}`, port && `port: ${port}`].filter(Boolean);
  if (parts.length > 0 || /^(?:ssh:|\[)/.test(given))
    return `is more than an address; write ${[`address: ${host.replace(/^\[|\]$/g, '')}`, ...parts].join(', ')}`;
  return 'is not an address; give a host name, an IPv4 or an IPv6 address, or a Host of ssh_config';
}

/** One address, or a network of them in CIDR notation; `error` is of what is neither. */
const inNumbers = (error: string) =>
  matching(
    /^(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:\/(?:3[0-2]|[12]?[0-9]))?|(?=.*:.*:)[0-9a-f:]{2,39}(?:\/(?:1[01][0-9]|12[0-8]|[1-9]?[0-9]))?)$/,
    error,
  )
    .refine((given) => !/^[0-9./]+$/.test(given) || isIP(given.split('/')[0] ?? '') === 4, {
      error: 'is not an IPv4 network; each of its four numbers is 0 to 255',
    })
    .refine((given) => !given.includes(':') || isIP(given.split('/')[0] ?? '') === 6, {
      error: 'is not an IPv6 network; write one such as 2001:db8::/32',
    })
    .describe('Address or network, such as 10.0.0.0/8');

/** Where somebody comes from. */
export const network = inNumbers('is not a network; write one such as 10.0.0.0/8 or 2001:db8::/32');

/** Where something goes, as a packet filter is told. */
export const destination = inNumbers(
  'is not an address or network; write one such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32, and no name: a packet knows none, and the addresses of a name change',
);

/** A name that a site answers to. `default`: also whoever asks for no other site's name. */
export const domain = matching(
  new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?${label}(?:\\.${label})*$`),
  'is not a domain; use a lower-case name such as www.example.com, *.example.com or an IPv4 address',
)
  .refine((given) => given !== 'keelson.localhost', {
    error: 'is the name by which Monit asks nginx whether it works; choose another',
  })
  .describe(
    'Domain name, *.domain or IPv4 address; `default`: whoever asks for no other site’s name',
  );

/** A TCP port that an unprivileged user may listen on, and anybody ask. */
export const port = integer(1024, 65535)
  .refine((given) => !refusedPorts.has(given), {
    error: 'is refused by fetch and by browsers ("bad port"); choose another one, such as 3700',
  })
  .describe('TCP port that fetch and browsers do not refuse');

/** Any TCP port. */
export const anyPort = integer(1, 65535).describe('TCP port');

/** Several ports in a row; the first is below the last. */
export const portRange = z
  .string()
  .regex(/^[1-9][0-9]{0,4}-[1-9][0-9]{0,4}$/, {
    error:
      'is no port and no range of them; write one such as 5432, without quotes, or 60000-61000',
    abort: true,
  })
  .refine(
    (given) => {
      const [first = 0, last = 0] = given.split('-').map(Number);
      return first < last && last <= 65535;
    },
    { error: 'is no range of ports; its first is below its last, and both are 1 to 65535' },
  )
  .describe('Ports from one to another');

/** A network interface, or all whose names begin so. */
export const networkInterface = matching(
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,13}[A-Za-z0-9_.*-]?$/,
  'is not a network interface; write one such as wg0, or br-* for all that begin so',
).describe('Network interface');

/** An e-mail address. */
export const email = matching(
  new RegExp(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@${label}(?:\\.${label})*$`),
  'is not an e-mail address; write one such as ops@example.com',
).describe('E-mail address');

/** What an app needs: a TCP port of an address, or the path of a socket. */
export const needed = z
  .string()
  .regex(
    new RegExp(
      `^(?:(?:(?=.{1,253}:[0-9]+$)${label}(?:\\.${label})*|\\[[0-9a-f:]{2,39}\\]):[1-9][0-9]{0,4}|/(?!.*(?:/\\.\\.?(?:/|$)|//))[A-Za-z0-9_./-]{1,106})$`,
    ),
    'is not what an app can need; write address:port, such as 127.0.0.1:5432 or [2001:db8::7]:5432, or the path of a socket, such as /run/redis/redis.sock',
  )
  .refine((given) => given.startsWith('/') || !(Number(/[0-9]+$/.exec(given)?.[0]) > 65535), {
    error: 'has a port above 65535; choose 1 to 65535',
  })
  .describe('address:port, or the path of a socket');
