/** Monit itself: package, unit, cycle, control socket, and what it watches of the host. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { aptPackage, directory, file, monitorCheck, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const monitSchema = z
  .strictObject({
    interval: field
      .duration('5s', '5m')
      .prefault('10s')
      .describe('Time between two rounds of checks'),
    disk: field.percentage.prefault('90%').describe('Disk use above which Monit alerts'),
    memory: field.percentage.prefault('90%').describe('Memory use above which Monit alerts'),
    load: field
      .integer(1, 100)
      .prefault(4)
      .describe('Load average of five minutes for each core above which Monit alerts'),
    alerts: z
      .strictObject({
        to: field.email.describe('Who gets the alerts'),
        server: field.address.describe(
          'Mail server that takes them without a login and without TLS',
        ),
        port: field.anyPort.prefault(25).describe('Port of the mail server'),
        from: field.email
          .optional()
          .describe('Sender of the alerts; default: monit@ and the host name'),
      })
      .optional()
      .describe('Where alerts are sent by mail; without it they are in /var/log/monit.log alone'),
  })
  .describe('Settings of Monit that hold for the whole server');

const fields = { monit: monitSchema.prefault({}) };

type Watched = z.output<z.ZodObject<typeof fields>> & {
  hostname?: string | undefined;
  alerts?: object | undefined;
};

/** Where the host and each app have a file of checks, which nothing else may lie in. */
export const checks = '/etc/monit/keelson.d';

/** How each of them is written: by root, and not before Monit found nothing wrong with it. */
export const checked = { mode: '0600', check: 'monit' } as const;

export const monit = serverComponent({
  name: 'monit',
  fields,
  render: (server: Watched, { facts }) => {
    const { interval, alerts, ...limits } = server.monit;
    // Set by whoever is root there, and no text for a configuration file.
    const hostname = (server.hostname ?? facts.hostname).replace(/[^A-Za-z0-9.-]/g, '-');
    const mail = alerts && { ...alerts, hostname, from: alerts.from ?? `monit@${hostname}` };
    const main = template('monit/monitrc', { interval, mail: mail ?? false });
    const sshd = listener(facts.sshd);
    const told = whatIsTold(server.alerts !== undefined);
    const own = template('monit/server', { ...limits, ...told, sshd: sshd ?? false });
    return {
      base: [
        aptPackage('monit'),
        directory(checks, { mode: '0700', whole: true }),
        file(`${checks}/0-server.conf`, own, checked),
        file(`${checks}/ask`, template('monit/ask', {}), { mode: '0700' }),
        file(`${checks}/need`, template('monit/need', {}), { mode: '0700' }),
        file(`${checks}/restart`, template('monit/restart', {}), { mode: '0700' }),
        file('/etc/monit/monitrc', main, checked),
        ...service(facts),
        ...['host', 'disk', ...(sshd ? ['sshd'] : []), 'nginx', 'logrotate'].map(monitorCheck),
      ],
    };
  },
});

/** What comes of a check that fails: Monit's own alert, and beside it the kit's where there are channels. */
function whatIsTold(isTold: boolean) {
  const say = (event: string, subject: string): string =>
    `exec "/usr/local/sbin/keelson alert ${event} '${subject}'"`;
  const over = (subject: string): string =>
    isTold
      ? `${say('resource', subject)} else if succeeded then ${say('recovered', subject)}`
      : 'alert';
  return {
    load_told: over('load'),
    memory_told: over('memory'),
    cpu: isTold && '95%',
    cpu_told: over('cpu'),
    disk_told: over('disk /'),
    inodes_told: over('inodes /'),
    sshd_told: isTold && say('hung', 'sshd'),
    nginx_told: isTold && say('hung', 'nginx'),
  };
}

/** One address of sshd's at which the host itself reaches it: the loopback, where it listens there. */
function listener(sshd: string): { address: string; at: string } | undefined {
  const all = sshd
    .replace('0.0.0.0:', '127.0.0.1:')
    .replace('[::]:', '[::1]:')
    .split(' ')
    .flatMap((given) => {
      const [, address, at] = /^\[?([0-9a-f.:]+)\]?:(\d+)$/.exec(given) ?? [];
      return address && at ? [{ address, at }] : [];
    });
  return all.find(({ address }) => address === '127.0.0.1') ?? all[0];
}

/**
 * Debian 12 starts Monit by an init script, which nothing starts again; later ones have a unit.
 * Told by a reload, which reads everything anew: to stop takes Monit up to a second.
 */
function service({ version }: Pick<Facts, 'version'>): Item[] {
  const systemd = '/etc/systemd/system';
  const running = unit('monit.service', {
    enabled: 'enabled',
    active: 'active',
    change: 'reload',
    config: '/etc/monit',
  });
  if (Number(version) < 13)
    return [
      file(`${systemd}/monit.service`, template('monit/monit.service', {}), { check: 'systemd' }),
      running,
    ];
  return [
    directory(`${systemd}/monit.service.d`),
    file(`${systemd}/monit.service.d/keelson.conf`, template('monit/dropin', {})),
    running,
  ];
}
