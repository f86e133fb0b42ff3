/** HAProxy on a host of its own, as the load balancer in front of others. */

import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DebianHost, testHost } from './host.ts';

/** What HAProxy said of a server, such as `h1 DOWN`. */
export type Change = `${string} ${'UP' | 'DOWN'}`;

/** How often it asks, and how many answers count. */
export const checks = { interval: '1s', fall: 2, rise: 2 };

/** Nothing that fails is tried again, lest that hides it. */
const settings = (backends: readonly DebianHost[]): string => `global
    log stderr format raw local0 notice
    stats socket /run/haproxy/admin.sock mode 600
defaults
    mode http
    log global
    retries 0
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
frontend www
    bind :80
    option forwardfor
    default_backend shop
backend shop
    option httpchk GET /keelson-health/shop
    default-server check inter ${checks.interval} fall ${checks.fall} rise ${checks.rise}
${backends.map(({ address }, index) => `    server h${index + 1} ${address}:80\n`).join('')}`;

export class Haproxy {
  readonly host: DebianHost;

  constructor(host: DebianHost) {
    this.host = host;
  }

  get url(): string {
    return `http://${this.host.address}`;
  }

  /** Starts over with these servers, and waits until it sends requests to all. */
  async start(backends: readonly DebianHost[]): Promise<void> {
    await this.host.exec('cat >/etc/haproxy/haproxy.cfg', { input: settings(backends) });
    await this.host.exec('systemctl restart haproxy');
    await this.isUp(backends.length);
  }

  /** Waits until it sends requests to so many servers. */
  async isUp(count: number): Promise<void> {
    for (let tries = 0; (await this.#up()) < count; tries++) {
      if (tries > 100) throw new Error(await this.host.exec('journalctl -o cat -u haproxy'));
      await sleep(200);
    }
  }

  async #up(): Promise<number> {
    const stat = await this.host.exec('socat - /run/haproxy/admin.sock', {
      input: 'show stat\n',
    });
    return stat.split('\n').filter((line) => /^shop,h\d+,.*,UP,/.test(line)).length;
  }

  /** Which servers it took out and put back, in order, since the last time that it was asked. */
  async changes(): Promise<Change[]> {
    const log = await this.host.exec(
      'journalctl -o cat -u haproxy --cursor-file=/root/cursor --grep="^Server shop/" || [ $? = 1 ]',
    );
    return [...log.matchAll(/^Server shop\/(\w+) is (UP|DOWN)/gm)].map(
      ([, server, state]) => `${server} ${state}` as Change,
    );
  }
}

/** Debian's own, on a host that goes with the test. */
export async function haproxy(t: TestContext): Promise<Haproxy> {
  const host = await testHost(t, { cpus: 1 });
  await host.exec(
    'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qqy haproxy socat',
  );
  return new Haproxy(host);
}
