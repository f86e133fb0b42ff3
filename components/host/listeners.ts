/** Who listens beyond the loopback at a port that the firewall does not let in. */
import type { Item } from './item.ts';
import type { Manifest } from './manifest.ts';

export type Listener = {
  /** `open`: there is no firewall yet; then `shut`. */
  readonly state: 'open' | 'shut';
  readonly protocol: string;
  readonly port: number;
  readonly reach: 'all' | 'some';
  readonly program: string;
};

/** Reads `socket STATE PROTOCOL PORT REACH PROGRAM`, separated by tabs. */
export function parseListener(line: string): Listener {
  const [, state, protocol = '', port, reach, program = ''] = line.split('\t');
  return {
    ...{ state: state === 'open' ? 'open' : 'shut', protocol, port: Number(port) },
    ...{ reach: reach === 'all' ? 'all' : 'some', program },
  };
}

/** Where Docker and Podman publish a port, it is translated before a firewall for the host itself sees it. */
const isPublished = ({ program }: Listener): boolean => /^(?:docker-proxy|conmon)$/.test(program);

/** ntpd opens its port to ask others, whom it hears; whether it answers any is its own affair. */
const isAsking = ({ program, port }: Listener): boolean => port === 123 && program === 'ntpd';

/**
 * What listens already is named in the stack file first: a newer kit must not cut a database off from its clients.
 * @returns a line for each port that would be shut.
 */
export const shutBy = (listeners: readonly Listener[]): string[] =>
  distinct(listeners)
    .filter((it) => it.state === 'open' && !isPublished(it))
    .map(
      (it) =>
        `! ${named(it)} is open to ${it.reach === 'all' ? 'all' : 'others'} and would be closed; firewall: { open: [${opened(it)}] } in keelson:server keeps it, firewall: { close: [${it.port}] } shuts it`,
    );

/** What a preview says of them, beside the manifest because of which they are shut; it changes nothing. */
export const toldOf = (listeners: readonly Listener[], { items }: Manifest): string[] =>
  (items.some(shuts) ? distinct(listeners) : []).flatMap((it) => {
    if (isPublished(it))
      return `! ${named(it)} is open past the firewall, which forwarded connections do not meet; publish it at 127.0.0.1 to shut it`;
    return it.state === 'open'
      ? []
      : `! ${named(it)} listens, and the firewall lets nobody in; firewall: { open: [${opened(it)}] } in keelson:server does, firewall: { close: [${it.port}] } ends this line`;
  });

const shuts = ({ instructions }: Item): boolean => instructions?.['@settled'] !== undefined;

/** As the stack file says it. */
const opened = ({ port, protocol }: Listener): string =>
  `{ port: ${port}${protocol === 'tcp' ? '' : `, protocol: ${protocol}`} }`;

const named = ({ port, protocol, program }: Listener): string =>
  `port ${port}${protocol === 'tcp' ? '' : `/${protocol}`} (${program})`;

/** One for each port and program, in the order of ports. */
function distinct(listeners: readonly Listener[]): Listener[] {
  const sorted = listeners
    .filter((it) => !isAsking(it))
    .toSorted((a, b) => a.port - b.port || (a.reach === 'all' ? -1 : 1));
  return sorted.filter((it, at) => sorted.findIndex((other) => named(other) === named(it)) === at);
}
