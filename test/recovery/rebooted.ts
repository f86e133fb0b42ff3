/** The host is rebooted. */
import type { DebianHost } from '../harness/host.ts';
import { until } from './instance.ts';

/** Seconds from the order until an instance answers again. */
export async function rebooted(host: DebianHost): Promise<number> {
  const began = performance.now();
  await host.powerOff();
  await host.boot();
  await until(host, '', 'curl -sf --max-time 1 http://127.0.0.1:3700/pid');
  return (performance.now() - began) / 1000;
}
