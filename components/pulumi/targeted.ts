/**
 * Runs of which `--target` or `--exclude` leaves out a part. A program is not told which; but for what is left out the
 * engine answers with what is in the state, and not with what was asked for.
 */
import * as pulumi from '@pulumi/pulumi';
import type { Output } from './inputs.ts';
import { failWith } from './told.ts';

/** What a resource has to bring about in this run. */
type Due = { readonly name: string; isLeftOut(): Promise<boolean> };

const due = new WeakMap<pulumi.Resource, Due>();

/** Notes that a resource has something to do, with one of its inputs and what the engine answers for it. */
export function noteDue(
  resource: pulumi.Resource,
  { name, given, answered }: { name: string; given: unknown; answered: unknown },
): void {
  const isLeftOut = async () => {
    const both = [given, answered].map((it) => pulumi.output(it) as Output<unknown>);
    const known = await Promise.all(both.map((it) => it.isKnown));
    if (known.includes(false)) return false;
    const [wanted, got] = await Promise.all(both.map((it) => it.promise()));
    return JSON.stringify(wanted) !== JSON.stringify(got);
  };
  // Of one that failed the engine tells.
  due.set(resource, { name, isLeftOut: () => isLeftOut().catch(() => false) });
}

/** A command, or where what it needs was left out one in its place that says so and fails. */
export async function unlessLeftOut(
  command: string,
  what: { server: string; name: string },
  needs: readonly pulumi.Resource[],
): Promise<string> {
  const all = needs.flatMap((resource) => due.get(resource) ?? []);
  const isLeftOut = await Promise.all(all.map((it) => it.isLeftOut()));
  const missing = all.filter((_, index) => isLeftOut[index]).map(({ name }) => name);
  return missing.length === 0 ? command : `${mark}${refusal(what, missing)}' >&2; exit 1`;
}

// No name on a server has a quote in it.
const mark = "echo 'keelson: ";

const refusal = (
  { server, name }: { server: string; name: string },
  missing: readonly string[],
): string =>
  `server ${server}: ${name} was not begun, since it needs what --target or --exclude leaves out: ${missing.join(', ')}. Name the whole server, --target "**::${server}-*", or leave both out`;

/** In a preview: fails where such a command would run. One that is left out itself has the command of its last run. */
export function refuseLeftOut(command: pulumi.Output<string | undefined>): void {
  if (!pulumi.runtime.isDryRun()) return;
  command.apply((line) => {
    const words = saysLeftOut(line ?? '');
    if (words !== undefined) failWith(words);
  });
}

/** What a command says that is in the place of another. */
export const saysLeftOut = (command: string): string | undefined =>
  command.startsWith(mark) ? command.slice(mark.length, -"' >&2; exit 1".length) : undefined;
