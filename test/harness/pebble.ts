/** Pebble, Let's Encrypt's ACME server for tests, on a host itself, with its DNS server: it finds every name there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/lib/pulumi.ts';
import type { DebianHost } from './host.ts';
import { waitFor, write } from './on-host.ts';

export const directory = 'https://localhost:14000/dir';

/** The programs, built when they are needed first. */
function programs(): string {
  const set = spawnSync('sh', ['tools/setup.sh', '--no-pulumi', '--pebble'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(set.status, 0, set.stderr);
  const [found = ''] = globSync('.keelson/pebble/*', { cwd: root });
  return join(root, found);
}

/** A CA of its own for pebble's own https; its root certificate is what a server trusts with `acme.ca`. */
const keys = `mkdir -p /etc/pebble && cd /etc/pebble
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj '/CN=Pebble of a test' -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -addext subjectAltName=DNS:localhost -keyout key.pem -out csr.pem
openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -days 3 -copy_extensions copy -out cert.pem`;

/** Puts pebble on a host; the root certificate that its own https has. */
export async function installPebble(host: DebianHost): Promise<string> {
  const from = programs();
  for (const name of ['pebble', 'pebble-challtestsrv']) {
    const input = readFileSync(join(from, name));
    await host.exec(`cat >/usr/local/bin/${name}; chmod 0755 /usr/local/bin/${name}`, { input });
  }
  await host.exec(keys);
  await host.exec(
    `systemd-run -q --unit=names pebble-challtestsrv -dnsserver 127.0.0.1:8053 -http01 '' -https01 '' -tlsalpn01 '' -doh '' -management 127.0.0.1:8055 -defaultIPv4 127.0.0.1 -defaultIPv6 ''`,
  );
  return await host.exec('cat /etc/pebble/ca.pem');
}

/**
 * Starts pebble, or starts it anew, when it has forgotten all accounts. It rejects a quarter of all nonces; fewer
 * where the client has to begin its order anew each time.
 * @param seconds for which its certificates are valid.
 */
export async function startPebble(host: DebianHost, seconds = 90 * 86400): Promise<void> {
  const settings = {
    listenAddress: '127.0.0.1:14000',
    managementListenAddress: '127.0.0.1:15000',
    certificate: '/etc/pebble/cert.pem',
    privateKey: '/etc/pebble/key.pem',
    httpPort: 80,
    tlsPort: 443,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
    domainBlocklist: ['blocked.example.com'],
    retryAfter: { authz: 1, order: 1 },
    profiles: { default: { description: 'The only one', validityPeriod: seconds } },
  };
  const rejected = host.release === 'bookworm' ? 3 : 25;
  await write(host, '/etc/pebble/config.json', JSON.stringify({ pebble: settings }));
  await stopPebble(host);
  await host.exec(
    `systemd-run -q --unit=pebble -E PEBBLE_WFE_NONCEREJECT=${rejected} -E PEBBLE_VA_SLEEPTIME=1 -E PEBBLE_AUTHZREUSE=0 pebble -config /etc/pebble/config.json -dnsserver 127.0.0.1:8053 -strict`,
  );
  await waitFor(host, `curl -fs -o /dev/null --cacert /etc/pebble/ca.pem ${directory}`);
}

export const stopPebble = (host: DebianHost): Promise<string> =>
  host.exec('systemctl stop pebble.service 2>/dev/null || true');

/** Tells its DNS server, in its own words, such as `set-servfail`. */
export const tellNames = (host: DebianHost, what: string, told: object): Promise<string> =>
  host.exec(`curl -fs -d @- http://127.0.0.1:8055/${what}`, { input: JSON.stringify(told) });
