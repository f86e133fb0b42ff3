/** The commands of `keelson`, in the order in which they are told. */
import { alert } from './alert.ts';
import type { Command } from './command.ts';
import { config } from './config.ts';
import { init } from './init.ts';
import { logs } from './logs.ts';
import { policy } from './policy.ts';
import { releases } from './releases.ts';
import { restart } from './restart.ts';
import { review } from './review.ts';
import { rollback } from './rollback.ts';
import { run } from './run.ts';
import { ssh } from './ssh.ts';
import { status } from './status.ts';

export const commands: readonly Command[] = [
  init,
  config,
  status,
  logs,
  restart,
  run,
  ssh,
  releases,
  rollback,
  review,
  policy,
  alert,
];
