/** What a look finds on a host that ends the run before anything is planned. */
import type { Answer, Judged } from './answer.ts';
import type { Memory } from './facts.ts';
import { shutBy } from './listeners.ts';
import type { Manifest } from './manifest.ts';
import { preview } from './preview.ts';
import { type Row, words } from './rows.ts';

/**
 * What is somebody else's altogether, such as a user of an app's name.
 * @throws with all of it.
 */
export function refuseForeign(manifests: readonly Judged[]): void {
  const foreign = manifests
    .flatMap(({ rows }) => rows)
    .filter(({ origin }) => origin === 'foreign')
    .map(words);
  if (foreign.length > 0) throw new Error(foreign.join('; '));
}

/**
 * What somebody made in a place that the kit needs is shown whole before anything of it is replaced; and so is what
 * listens where nobody would come any more.
 * @throws with each item, the lines that differ, and what allows it.
 */
export function refuseInUse(
  seen: readonly { manifest: Manifest; rows: readonly Row[] }[],
  { texts, listeners }: Answer,
): void {
  const own = seen.flatMap(({ manifest: { notes: _, ...manifest }, rows }) =>
    preview(
      manifest,
      rows.filter(({ origin }) => origin === 'own'),
      texts,
      true,
    ),
  );
  const shut = shutBy(listeners);
  const problems = [
    ...(own.length > 0 ? [neither, ...own.map(indented), remedy] : []),
    ...(shut.length > 0 ? [unheard, ...shut.map(indented), 'Nothing was changed.'] : []),
  ];
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

const indented = (line: string): string => `  ${line}`;

const neither =
  'is in use: of what the kit needs there, this is neither its own nor as a package brought it';
const remedy =
  'Nothing was changed. Move it out of the way; or, when nobody needs it any more, set takeOver: true for this server: the originals are kept, and come back on destroy.';
const unheard = 'is in use: its firewall would shut what listens there now';

/**
 * What a login prints by itself, sftp takes for its own protocol, so that no file would arrive.
 * @throws when a file has to be sent, with what it prints and the remedy.
 */
export function refuseGreeting(said: string, manifests: readonly Manifest[], memory: Memory): void {
  const sent = manifests.flatMap(({ uploads }) => uploads ?? []);
  if (said === '' || memory.sftp === 'internal-sftp') return;
  if (sent.every(({ hash }) => memory.blobs.has(hash))) return;
  throw new Error(
    `no file can be sent there, since a start-up file of the login, such as ~/.bashrc, prints ${JSON.stringify(said.slice(0, 80))}; let it print only where somebody reads, as with [ -t 1 ]`,
  );
}
