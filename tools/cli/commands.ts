/** The commands of `keelson`, in the order in which they are told. */
import { alert } from './alert.ts';
import type { Command } from './command.ts';
import { config } from './config.ts';
import { init } from './init.ts';
import { policy } from './policy.ts';
import { review } from './review.ts';

export const commands: readonly Command[] = [init, config, review, policy, alert];
