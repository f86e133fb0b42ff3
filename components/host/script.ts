/**
 * The shell that runs on a host, assembled from `files/host/`.
 *
 * Three programs are made of the same parts: the helper that is installed, and
 * the two read-only scripts that are sent along with each look at a host.
 */
import { readdirSync, readFileSync } from 'node:fs';

const part = (name: string): string =>
  readFileSync(new URL(`../../files/host/${name}.sh`, import.meta.url), 'utf8');

const parts = (...names: string[]): string => names.map(part).join('\n');

const rollout = readdirSync(new URL('../../files/host/rollout', import.meta.url))
  .sort()
  .map((name) => `rollout/${name.slice(0, -3)}`);

/** Where the helper lies on a host. */
export const helperPath = '/usr/local/sbin/keelson';

/** `/usr/local/sbin/keelson`: applies and removes manifests. */
export const helper = (): string =>
  `${parts('prelude', 'observe', 'kinds/rollout', 'kinds/instances', 'apply', 'apt', 'accounts', 'units', ...rollout, 'remove', 'main')}\nmain "$@"\n`;

/** Prints the facts of a host. */
export const factsScript = (): string => `${parts('prelude', 'facts')}\nprint_facts\n`;

/** Prints the observations of items, whose lines become part of the script. */
export const probeScript = (lines: readonly string[]): string =>
  [
    parts('prelude', 'observe', 'kinds/rollout', 'kinds/instances', 'probe'),
    "probe <<'END-OF-ITEMS'",
    ...lines,
    'END-OF-ITEMS',
    '',
  ].join('\n');
