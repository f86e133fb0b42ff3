/**
 * The looks of one program, side by side. Nothing is registered before all of them are through that can be
 * at once: a command that fails ends the run, and by then each host that is down has been named.
 */
const looks: Promise<unknown>[] = [];

/** Looks, and returns when the others have as well. */
export async function together<T>(look: Promise<T>): Promise<T> {
  looks.push(look);
  const seen = await look;
  await Promise.allSettled(looks);
  return seen;
}
