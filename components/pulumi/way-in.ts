/** Whether a host still lets a new connection in, once something was changed there that can shut it out. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as pulumi from '@pulumi/pulumi';
import type { Seen } from '../host/look.ts';
import { open, type Way } from '../ssh/connection.ts';
import { isDone, type Plan } from './plan.ts';
import { told } from './told.ts';

type Given = {
  /** What was changed. */
  readonly manifest: string;
  /** After so many seconds the host goes back by itself. */
  readonly seconds: number;
  /** Comes in over a new connection, and becomes root. */
  readonly enter: () => Promise<void>;
  readonly warn: (line: string) => void;
  /** Milliseconds between two attempts. */
  readonly pause?: number;
};

/** The host may need a moment to go back, and sshd of Debian 13 one more to take a source in again. */
const patience = 40;

/** Logs in as the look does, and becomes root. */
export async function enter(way: Way): Promise<void> {
  const session = await open(way, { again: [] });
  try {
    await session.script(':');
  } finally {
    session.close();
  }
}

/**
 * Comes in, and tries until the host has gone back where it cannot: what then comes in hears from the host itself what
 * happened there.
 * @throws where it is shut out for longer.
 */
export async function comeIn(given: Given): Promise<void> {
  const { manifest, seconds, enter, warn, pause = 5_000 } = given;
  const end = performance.now() + (seconds + patience) * 1000;
  for (let isWarned = false; ; isWarned = true) {
    try {
      return await enter();
    } catch (error) {
      const { message } = error as Error;
      if (performance.now() > end)
        throw new Error(
          `${message}\n${manifest} was changed there before, and should have gone back by itself after ${seconds} s; look at /var/log/keelson.log over its console, and run up again`,
        );
      if (!isWarned)
        warn(
          `${message}\nthat is since ${manifest} was changed there, which goes back by itself after ${seconds} s unless a new connection comes in; this run tries until then`,
        );
      await sleep(pause);
    }
  }
}

/** The plugin would say only that it could not connect; here it is said why, and what becomes of it. */
export async function proveWayIn(
  { enter, pace }: Plan,
  { manifest: { name: manifest, confirm: seconds = 0 } }: Seen,
  applied: pulumi.Resource,
): Promise<void> {
  await isDone(applied);
  if (!enter) return;
  await pace?.();
  const warn = (line: string) => void pulumi.log.warn(line, applied);
  await comeIn({ manifest, seconds, enter, warn }).catch((error: Error) => {
    throw told(error.message);
  });
}
