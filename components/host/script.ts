/**
 * The shell that runs on a host, assembled from `files/host/`.
 *
 * Three programs are made of the same parts: the helper that is installed, and the two read-only scripts
 * that are sent along with each look at a host. Kinds and checks are found by the names of their files.
 */
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../files/host/', import.meta.url);

const part = (name: string): string => readFileSync(new URL(`${name}.sh`, folder), 'utf8');
const parts = (...names: string[]): string => names.map(part).join('\n');

/** The names of the files in a folder of `files/host/`, without their ending. */
const names = (of: string): string[] =>
  readdirSync(new URL(`${of}/`, folder))
    .filter((name) => name.endsWith('.sh'))
    .map((name) => name.slice(0, -'.sh'.length))
    .sort();
const all = (of: string): string =>
  names(of)
    .map((name) => part(`${of}/${name}`))
    .join('\n');

/** The programs that can be asked whether a file is right before it takes effect. */
export const checks = (): string[] => names('checks');

/** Where the helper lies on a host. */
export const helperPath = '/usr/local/sbin/keelson';

/** All kinds, in the order in which they are applied; each says its place in it. */
function kinds(): string {
  const place = (name: string): number => {
    const found = new RegExp(`\\border_${name}=(\\d+)`, 'm').exec(part(`kinds/${name}`));
    if (!found) throw new Error(`files/host/kinds/${name}.sh has no line order_${name}=NUMBER`);
    return Number(found[1]);
  };
  const inOrder = names('kinds').sort((a, b) => place(a) - place(b));
  return `${all('kinds')}\nKINDS='${inOrder.join(' ')}'\n`;
}

/** Puts a program together when it is asked for first: each host of a run gets the same, made of some ninety files. */
function once(assemble: () => string): () => string {
  let program: string | undefined;
  return () => {
    program ??= assemble();
    return program;
  };
}

/** What the look and the helper have in common. */
const common = once(() =>
  [
    parts(
      'prelude',
      'plain',
      'items',
      'accounts',
      'paths',
      'found',
      'places',
      'trees',
      'configs',
      'observe',
      'holders',
      'ports',
      'programs',
      'tls',
      'filter',
      'rule',
      'verdict',
      'difference',
    ),
    kinds(),
  ].join('\n'),
);

/** `/usr/local/sbin/keelson`: applies manifests and takes them away. */
export const helper = once(() =>
  [
    common(),
    parts(
      'words',
      'log',
      'late',
      'lock',
      'rows',
      'mend',
      'leavings',
      'manifest',
      'apply',
      'refuse',
      'files',
      'checks',
      'others',
      'undo',
      'confirm',
      'back',
      'claim',
      'begin',
      'retry',
      'scratch',
      'once',
      'watch',
      'limits',
      'send',
    ),
    parts('apt', 'units', 'originals', 'remove', 'prune', 'updated', 'main'),
    all('checks'),
    all('rollout'),
    all('alerts'),
    all('acme'),
    all('status'),
    'main "$@"\n',
  ].join('\n'),
);

/** As long as a boot takes at most where nothing else is said, in seconds. */
const usualBoot = 240;

/**
 * Prints the facts of a host, once it has booted.
 * @param seconds that the boot of one may take that the program made; nothing for one that was there before.
 */
export const factsScript = (seconds?: number): string =>
  [
    parts('prelude', 'boot', 'facts'),
    `wait_for_boot ${seconds === undefined ? usualBoot : `${seconds} made`}`,
    'print_facts\n',
  ].join('\n');

/** Prints what differs; the lines that it is asked become part of the script. */
export const lookScript = (lines: readonly string[]): string =>
  [
    common(),
    parts('listeners', 'look'),
    "look <<'END-OF-ITEMS'",
    ...lines,
    'END-OF-ITEMS',
    '',
  ].join('\n');
