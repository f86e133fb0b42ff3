/** Something that is done on several servers: what one cannot do keeps none of the others. */
import type { Server } from './stack.ts';

/** Says what is wrong, beside what is printed. */
export const complain = (message: string): void => console.error(message);

/** A failure in the words of its own, once; `keelson` itself prints the names of none. */
export async function told(action: () => Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    complain((error as Error).message);
    return 1;
  }
}

/**
 * Does it on all servers side by side.
 * @returns the exit code: 1 where it failed on any of them.
 */
export async function onEach(
  servers: readonly Server[],
  action: (server: Server) => Promise<number>,
): Promise<number> {
  const codes = await Promise.all(servers.map((server) => told(() => action(server))));
  return codes.every((code) => code === 0) ? 0 : 1;
}
