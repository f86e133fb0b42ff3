/** Monit: what it watches of the server, and the instances of each app. */
import type { Facts } from './host/facts.ts';
import { aptPackage, directory, file, type Item, monitorCheck, unit } from './host/item.ts';
import type { Manifest } from './host/manifest.ts';
import type { ServerConfig } from './server.ts';
import { template } from './template.ts';

const folder = '/etc/monit/keelson.d';

export type Watched = { name: string; health: string; stopTimeout: number };

const whole = { mode: '0700', whole: true };

/** Name of the Monit check of an instance: `shop-4190`. */
export const checkName = (app: { name: string }, port: number): string => `${app.name}-${port}`;

/** Monit itself: package, unit, cycle, control socket, checks of nginx, sshd, disk, memory and load. */
export function renderMonit(
  server: Pick<ServerConfig, 'monit' | 'port'>,
  facts: Pick<Facts, 'version'>,
): Manifest[] {
  const { interval, alerts, ...limits } = server.monit;
  const main = template('monit/monitrc', { interval, alerts: alerts ?? false });
  const checks = template('monit/server', { ...limits, port: server.port });
  const monit = { mode: '0600', check: 'monit' } as const;
  const items = [
    directory(folder, whole),
    file(`${folder}/0-server.conf`, checks, monit),
    file('/etc/monit/monitrc', main, monit),
    ...service(facts),
    ...['host', 'disk', 'sshd', 'nginx'].map(monitorCheck),
  ];
  return [
    { name: 'base', after: [], items: [aptPackage('monit')] },
    { name: 'monit', after: ['base', 'nginx'], items },
  ];
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

/** The checks of an app's instances: a hanging one is restarted through systemd, a few times. */
export function renderChecks(app: Watched, ports: readonly number[]): Item[] {
  const instances = ports.map((port) => ({
    port,
    check: checkName(app, port),
    unit: `${app.name}@${port}.service`,
  }));
  // Monit waits for the restart, and that for the old process to end.
  const view = { ...app, instances, timeout: app.stopTimeout + 15 };
  return [
    directory(folder, whole),
    file(`${folder}/${app.name}.conf`, template('monit/app', view), {
      mode: '0600',
      check: 'monit',
    }),
    ...instances.map(({ check }) => monitorCheck(check)),
  ];
}
