/** Shipping: what the journal gets goes to another machine too, over TLS. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { matching } from '../fields/matching.ts';
import type { Item } from '../host/item.ts';
import { absent, aptPackage, directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const one =
  '-----BEGIN CERTIFICATE-----\\n(?:[A-Za-z0-9+/]{1,76}={0,2}\\n)+-----END CERTIFICATE-----';
const wrong =
  'holds no certificates in PEM alone; paste them from -----BEGIN CERTIFICATE----- on, after `ca: |`';

/** Certificates in PEM, one or several, and nothing else. */
export const certificates = matching(new RegExp(`^(?:${one}\\n*)+$`), wrong).refine(
  (text) => (text.match(new RegExp(one, 'g')) ?? []).every(isCertificate),
  { error: wrong },
);

function isCertificate(text: string): boolean {
  try {
    return Boolean(new X509Certificate(text));
  } catch {
    return false;
  }
}

const shipSchema = z
  .strictObject({
    to: field.address.describe('Machine that takes the logs'),
    port: field.anyPort.prefault(6514).describe('Its port'),
    protocol: z
      .enum(['relp', 'tls'])
      .prefault('relp')
      .describe(
        'How each message of RFC 5424 goes over TLS: `relp` has it acknowledged, and loses none; `tls` (RFC 5425) is taken by more receivers, and loses what is on its way when the receiver goes away',
      ),
    name: field.address
      .optional()
      .describe(
        'Name in the certificate of the receiver, which is checked with `tls` alone; default: that of `to`',
      ),
    ca: certificates
      .optional()
      .describe(
        'Certificates in PEM of whoever signs that of the receiver; default: those that Debian trusts',
      ),
  })
  // librelp with OpenSSL takes any name that a trusted authority signed.
  .refine(({ protocol, ca }) => protocol === 'tls' || ca !== undefined, {
    path: ['ca'],
    error: 'is needed with relp, which does not check the name; give the authority of the receiver',
  })
  .describe(
    'Sends all that the journal gets to another machine, which may be away meanwhile; default: it stays here',
  );

const fields = { ship: shipSchema.optional() };
type Ship = z.output<typeof shipSchema>;
type Given = { ship?: Ship | undefined };

const units = '/etc/systemd/system';
const service = 'keelson-ship.service';

/** Its settings, and the program that goes back in the journal. */
const own = '/etc/keelson/ship';
/** Where it is in the journal. */
const place = '/var/lib/keelson-ship';
const trusted = '/etc/ssl/certs/ca-certificates.crt';

export const ship = serverComponent({
  name: 'ship',
  fields,
  render: ({ ship }: Given, { facts }) => {
    // The package stays for as long as the kit does.
    if (!ship) return { base: facts.rsyslog === 'kit' ? still : [] };
    const quiet = facts.rsyslog === 'own' ? [] : still;
    return { base: [...packages(ship), ...quiet, ...configured(ship), ...running()] };
  },
});

const packages = ({ protocol }: Ship): Item[] => [
  aptPackage('rsyslog'),
  aptPackage(protocol === 'relp' ? 'rsyslog-relp' : 'rsyslog-openssl'),
];

/** Debian's own rsyslog would begin to write all logs a second time, where there was none before. */
const still: readonly Item[] = [
  unit('rsyslog.service', { enabled: 'disabled', active: 'inactive' }),
  unit('syslog.socket', { active: 'inactive' }),
  // It tells a service that does not run to open its files again, and fails.
  absent('/etc/logrotate.d/rsyslog'),
];

function configured({ ca, ...ship }: Ship): Item[] {
  const authority = `${own}/ca.pem`;
  const view = {
    ...{ ...ship, place, name: ship.name ?? ship.to, ca: ca ? authority : trusted },
    relp: ship.protocol === 'relp',
  };
  return [
    directory(own),
    file(`${own}/ship.conf`, template('server/ship/ship.conf', view)),
    file(`${own}/rewind`, template('server/ship/rewind', {}), { mode: '0755' }),
    ...(ca ? [file(authority, ca)] : []),
  ];
}

const running = (): Item[] => [
  directory(place, { mode: '0700', remove: 'all' }),
  file(`${units}/${service}`, template('server/ship/keelson-ship.service', { own, place }), {
    check: 'systemd',
  }),
  unit(service, { enabled: 'enabled', active: 'active', change: 'restart', config: own }),
];
