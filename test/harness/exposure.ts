/** Exposure: what systemd's own reckoning says of the units as they are installed. */
import assert from 'node:assert/strict';
import type { DebianHost } from './host.ts';

/** From 0 to 10, of each service; the less the better. */
export async function exposures(
  host: DebianHost,
  units: readonly string[],
): Promise<Record<string, number>> {
  const said = await host.exec(
    `for unit in ${units.join(' ')}; do systemd-analyze security --no-pager $unit.service | tail -n 1; done`,
  );
  const all = said.matchAll(/level for (\S+)\.service: ([0-9.]+)/g);
  return Object.fromEntries([...all].map(([, unit = '', level]) => [unit, Number(level)]));
}

/** Fails unless each service is exposed at most so much. */
export async function assertExposure(
  host: DebianHost,
  limits: Readonly<Record<string, number>>,
): Promise<void> {
  const found = await exposures(host, Object.keys(limits));
  const beyond = Object.entries(limits).filter(([unit, limit]) => !((found[unit] ?? 10) <= limit));
  assert.deepEqual(beyond, [], JSON.stringify(found));
}
