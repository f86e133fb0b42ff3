/** The commands of `keelson`, in the order in which they are told. */
import type { Command } from './command.ts';
import { init } from './init.ts';

export const commands: readonly Command[] = [init];
