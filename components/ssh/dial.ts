/** Connections to hosts: through a jump host where ssh_config says so, with patience where their rate is limited. */
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { certified } from './authority.ts';
import { resolve } from './config.ts';
import { connect, type Line, otherKey, throughTo, type Waits } from './connect.ts';
import { Gate } from './gate.ts';
import { changedKey, known } from './known-hosts.ts';
import { logins } from './login.ts';
import { isBooting, isLimit, type Refusal, remedy } from './refusals.ts';
import { HostError, type Target, type Way } from './target.ts';

/** Tells people what is waited for. */
export type Say = (line: string) => void;

/**
 * Reaches a host as ssh would.
 * @throws HostError that names the host, the cause and the remedy.
 */
export async function dial(way: Way, waits: Waits, say: Say): Promise<Line> {
  return await reach(await resolve(way), waits, say);
}

async function reach(target: Target, waits: Waits, say: Say): Promise<Line> {
  const facts = known(target);
  const ways = await logins(target);
  // A machine that boots is tried again without them, and said of once.
  const pauses = waits.boot ? [] : [...waits.again];
  let isSaid = false;
  const end = Date.now() + (waits.boot ?? 0);
  for (;;) {
    const attempt = {
      ...{ isConnected: false, greeting: '', tried: [], methods: [], refusals: 0 },
      isPartial: false,
    };
    try {
      return await viaJump(target, waits, say, async (jump, stream) => {
        const keys = facts.keys.length > 0 ? facts.keys : await certified(target, facts);
        const given = { target, jump, keys, facts, ways, waits, attempt };
        return await connect({ ...given, stream }).catch(async (error) => {
          // A key that was known once does not keep an authority from vouching for another.
          if (error !== otherKey || facts.authorities.length === 0) throw error;
          const again = jump && (await throughTo(target, jump));
          return await connect({ ...given, stream: again, keys: await certified(target, facts) });
        });
      });
    } catch (error) {
      if (error === otherKey) throw new HostError(target, changedKey(target));
      if (error instanceof HostError) throw error;
      const refusal = error as Refusal;
      if (isBooting(refusal) && Date.now() < end) {
        if (!isSaid) say(new HostError(target, booting(waits)).message);
        isSaid = true;
        await sleep(bootPause);
        continue;
      }
      const pause = isLimit(refusal, attempt) ? pauses.shift() : undefined;
      const late = waits.boot ? `; it was given ${waits.boot / 1000} s to boot` : '';
      if (pause === undefined) throw new HostError(target, remedy(refusal, target, attempt) + late);
      const { message } = new HostError(target, 'refuses to be connected to, as where the rate');
      say(`${message} of SSH connections is limited; trying again in ${pause / 1000} s`);
      await sleep(pause);
    }
  }
}

const booting = ({ boot = 0 }: Waits): string => `boots, and is waited for, up to ${boot / 1000} s`;

/** Milliseconds between two questions whether a machine has booted. */
const bootPause = 1_000;

async function viaJump(
  target: Target,
  waits: Waits,
  say: Say,
  next: (jump?: Line, stream?: Duplex) => Promise<Line>,
): Promise<Line> {
  const way = target.jump;
  if (!way) return await next();
  const [jump, stream] = await gateTo(way).pass(async () => {
    const line = await reach(way, { ...waits, boot: 0 }, say);
    // The jump host counts a login as under way until its session runs, and only then opens a stream.
    return [line, await orEnd(line, () => throughTo(target, line))] as const;
  });
  return await orEnd(jump, () => next(jump, stream));
}

/** Ends a connection where what it is for fails. */
async function orEnd<T>({ client }: Line, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    client.end();
    throw error;
  }
}

/** sshd drops logins at random where ten are under way (MaxStartups 10:30:100), and all hosts of a stack come at once. */
const atOnce = 8;

const gates = new Map<string, Gate>();

function gateTo({ address, port }: Target): Gate {
  const name = `${address}:${port}`;
  const gate = gates.get(name) ?? new Gate(atOnce);
  gates.set(name, gate);
  return gate;
}
