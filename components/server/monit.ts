/** Monit: what it watches of the server, and the instances of each app. */

import { hostHeader } from '../app/rollout.ts';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { aptPackage, directory, file, monitorCheck, unit } from '../host/kinds.ts';
import type { Manifest } from '../host/manifest.ts';
import { template } from '../lib/template.ts';
import type { ServerConfig } from './server.ts';

const folder = '/etc/monit/keelson.d';

export type Watched = {
  name: string;
  domains: readonly string[];
  health: string;
  rollout: { start: number; status: number; text?: string | undefined };
};

const whole = { mode: '0700', whole: true };

/** Name of the Monit check of an instance: `shop-4190`. */
export const checkName = (app: { name: string }, port: number): string => `${app.name}-${port}`;

/** Monit itself: package, unit, cycle, control socket, checks of nginx, sshd, disk, memory and load. */
export function renderMonit(
  server: Pick<ServerConfig, 'monit' | 'hostname'>,
  facts: Pick<Facts, 'version' | 'hostname' | 'sshd'>,
): Manifest[] {
  const { interval, alerts, ...limits } = server.monit;
  // Set by whoever is root there, and no text for a configuration file.
  const hostname = (server.hostname ?? facts.hostname).replace(/[^A-Za-z0-9.-]/g, '-');
  const mail = alerts && { ...alerts, hostname, from: alerts.from ?? `monit@${hostname}` };
  const main = template('monit/monitrc', { interval, mail: mail ?? false });
  const sshd = listener(facts.sshd);
  const checks = template('monit/server', { ...limits, sshd: sshd ?? false });
  const monit = { mode: '0600', check: 'monit' } as const;
  const items = [
    directory(folder, whole),
    file(`${folder}/0-server.conf`, checks, monit),
    file(`${folder}/restart`, template('monit/restart', {}), { mode: '0700' }),
    file('/etc/monit/monitrc', main, monit),
    ...service(facts),
    ...['host', 'disk', ...(sshd ? ['sshd'] : []), 'nginx'].map(monitorCheck),
  ];
  return [
    { name: 'base', after: [], items: [aptPackage('monit')] },
    { name: 'monit', after: ['base', 'nginx'], items },
  ];
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

/** Debian 12 starts Monit by an init script, which nothing starts again; later ones have a unit. */
function service({ version }: Pick<Facts, 'version'>): Item[] {
  const running = { enabled: 'enabled', active: 'active', change: 'restart' } as const;
  const systemd = '/etc/systemd/system';
  if (Number(version) < 13) {
    const fragment = `${systemd}/monit.service`;
    return [
      file(fragment, template('monit/monit.service', {}), { check: 'systemd' }),
      unit('monit.service', { ...running, fragment, config: '/etc/monit' }),
    ];
  }
  const dropin = `${systemd}/monit.service.d/keelson.conf`;
  return [
    directory(`${systemd}/monit.service.d`),
    file(dropin, template('monit/dropin', {})),
    unit('monit.service', { ...running, dropins: [dropin], config: '/etc/monit' }),
  ];
}

/** The checks of an app's instances: asked what a rollout asks them, and started again when they hang. */
export function renderChecks(app: Watched, ports: readonly number[]): Item[] {
  const { start, status, text } = app.rollout;
  const instances = ports.map((port) => ({
    port,
    check: checkName(app, port),
    unit: `${app.name}@${port}.service`,
  }));
  const view = {
    name: app.name,
    instances,
    path: app.health,
    host: hostHeader(app.domains),
    ...{ status, start, hasText: text !== undefined, text: literal(text ?? '') },
    patience: Math.min(start, 5),
  };
  return [
    directory(folder, whole),
    file(`${folder}/${app.name}.conf`, template('monit/app', view), {
      mode: '0600',
      check: 'monit',
    }),
    ...instances.map(({ check }) => monitorCheck(check)),
  ];
}

/** A regular expression that fits this text alone. */
const literal = (text: string): string => text.replace(/[.+]/g, '[$&]');
