/** What runs on a host, in words for the stack's outputs. */
import type { HostReport } from '../config/render.ts';

/** One app: its release, the ports of its instances (of workers their numbers), and what it can go back to. */
export type RunningApp = HostReport['apps'][string];

/**
 * One line for people.
 * @example inWords(shop) // release 03e81031 on ports 3700-3701, kept 5f2b77d0
 */
export function inWords({ type, release, instances, kept }: RunningApp): string {
  const where = type === 'web' || type === 'tcp' ? onPorts(instances) : inNumber(instances);
  const running = instances.length > 0 ? ` ${where}` : '';
  const others = kept.length > 0 ? `, kept ${kept.map(short).join(' ')}` : '';
  return `release ${short(release)}${running}${others}`;
}

const short = (hash: string): string => hash.slice(0, 8);

const inNumber = ({ length }: readonly number[]): string =>
  `in ${length} instance${length === 1 ? '' : 's'}`;

function onPorts(ports: readonly number[]): string {
  const [first, last] = [ports[0], ports.at(-1)];
  return first === last ? `on port ${first}` : `on ports ${first}-${last}`;
}
