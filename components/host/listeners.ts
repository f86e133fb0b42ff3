/** Who listens beyond the loopback at a port that the firewall does not let in. */
import type { Item } from './item.ts';
import type { Manifest } from './manifest.ts';

export type Listener = {
  /** `open`: there is no firewall yet; then `shut`. `past`: forwarded, which a firewall of the host itself never sees. */
  readonly state: 'open' | 'shut' | 'past';
  readonly protocol: string;
  readonly family: 4 | 6;
  readonly port: number;
  readonly reach: 'all' | 'some';
  readonly program: string;
};

/** Reads `socket STATE PROTOCOL PORT REACH PROGRAM`, separated by tabs. */
export function parseListener(line: string): Listener {
  const [, state, table = '', port, reach, program = ''] = line.split('\t');
  return {
    state: state === 'open' || state === 'past' ? state : 'shut',
    ...{ protocol: table.replace('6', ''), family: table.endsWith('6') ? 6 : 4 },
    ...{ port: Number(port), reach: reach === 'all' ? 'all' : 'some', program },
  };
}

/**
 * Where Docker and Podman publish a port, it is translated before a firewall for the host itself sees it. By which rules
 * Podman does is not read from all versions of it; what its conmon has open answers nobody.
 */
const isPublished = ({ state, program }: Listener): boolean =>
  state === 'past' || program === 'conmon';

/** ntpd opens its port to ask others, whom it hears; whether it answers any is its own affair. */
const isAsking = ({ program, port }: Listener): boolean => port === 123 && program === 'ntpd';

/**
 * What listens already is named in the stack file first: a newer kit must not cut a database off from its clients.
 * @returns a line for each port that would be shut.
 */
export const shutBy = (listeners: readonly Listener[]): string[] =>
  distinct(listeners)
    .filter(({ it }) => it.state === 'open' && !isPublished(it))
    .map(
      ({ name, it }) =>
        `! ${name} is open to ${it.reach === 'all' ? 'all' : 'others'} and would be closed; ${opened(it)} in keelson:server keeps it, firewall: { close: [${it.port}] } shuts it`,
    );

/** What a preview says of them, beside the manifest because of which they are shut; it changes nothing. */
export const toldOf = (listeners: readonly Listener[], { items }: Manifest): string[] =>
  (items.some(shuts) ? distinct(listeners) : []).flatMap(({ name, it }) => {
    if (isPublished(it))
      return `! ${name} is open past the firewall, which forwarded connections do not meet; publish it at 127.0.0.1 to shut it, ${opened(it)} in keelson:server ends this line`;
    return it.state === 'open'
      ? []
      : `! ${name} listens, and the firewall lets nobody in; ${opened(it)} in keelson:server does, firewall: { close: [${it.port}] } ends this line`;
  });

const shuts = ({ instructions }: Item): boolean => instructions?.['@settled'] !== undefined;

/** As the stack file says it. */
const opened = ({ port, protocol }: Listener): string =>
  `firewall: { open: [{ port: ${port}${protocol === 'tcp' ? '' : `, protocol: ${protocol}`} }] }`;

const named = ({ port, protocol, program }: Listener): string =>
  `port ${port}${protocol === 'tcp' ? '' : `/${protocol}`} (${program})`;

const rank = ({ reach, family }: Listener): number => (reach === 'all' ? 0 : 10) + family;

/**
 * One for each port and program, in the order of ports. Docker forwards many a port over IPv4 alone, and has a proxy
 * answer over IPv6, which the firewall shuts: these are two.
 */
function distinct(listeners: readonly Listener[]): { name: string; it: Listener }[] {
  const past = new Set(listeners.filter(isPublished).map(named));
  const own = new Set(listeners.filter((it) => !isPublished(it)).map(named));
  const sorted = listeners
    .filter((it) => !isAsking(it))
    .toSorted((a, b) => a.port - b.port || rank(a) - rank(b));
  const found = new Map<string, Listener>();
  for (const it of sorted) {
    const port = named(it);
    const name = past.has(port) && own.has(port) ? `${port} over IPv${it.family}` : port;
    if (!found.has(name)) found.set(name, it);
  }
  return [...found].map(([name, it]) => ({ name, it }));
}
