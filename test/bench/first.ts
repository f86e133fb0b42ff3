/** The first `up` of a fresh host, on which the packages lie or are installed already. */
import type { DebianHost } from '../harness/host.ts';
import { withHost } from '../harness/host.ts';
import { begun, lines, logins } from '../harness/on-host.ts';
import { withCopies } from './hosts.ts';
import { withStack } from './stacks.ts';
import { timed } from './stopwatch.ts';

/** What a first `up` takes: time, SSH connections, and processes that begin on the host meanwhile. */
export type First = { milliseconds: number; connections: number; processes: number };

export async function first(host: DebianHost, up: () => Promise<unknown>): Promise<First> {
  const before = await begun(host);
  const milliseconds = await timed(up);
  const processes = (await begun(host)) - before;
  return { milliseconds, connections: await logins(host), processes };
}

/** Debian packages that the kit has put on a host. */
export const packagesOf = (host: DebianHost): Promise<string[]> =>
  lines(host, "sed -n 's/^package\\t\\([^\\t]*\\).*/\\1/p' /var/lib/keelson/manifests/* | sort -u");

/** First runs on so many hosts, one after another, that have these packages and nothing else of the kit's. */
export async function firstRuns(
  runs: number,
  packages: readonly string[],
  each: (first: First) => Promise<unknown>,
): Promise<void> {
  const install = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
  await withHost({}, async (prepared) => {
    await prepared.exec(`DEBIAN_FRONTEND=noninteractive ${install}`, { timeout: 300_000 });
    for (let run = 0; run < runs; run++)
      await withCopies(prepared, 1, async ([copy]) => {
        if (!copy) return;
        await withStack([copy], async (stack) => each(await first(copy, () => stack.up())));
      });
  });
}
