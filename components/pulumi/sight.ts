/** Looking at one host of a program, and what its commands are given to follow. */
import * as pulumi from '@pulumi/pulumi';
import type { Facts } from '../host/facts.ts';
import {
  assume,
  type Look,
  type Looked,
  look,
  type Remembered,
  type Render,
  type Seen,
} from '../host/look.ts';
import {
  HostError,
  open,
  Pace,
  parseRate,
  type Reached,
  rateScript,
  type Session,
  type Way,
} from '../ssh/connection.ts';
import { type Connections, commandConnection } from './connection.ts';
import { parcelScript } from './install.ts';
import type { Machine } from './machine.ts';
import { isSettled } from './state.ts';

/** What was seen of a host, and how it was reached where it was. */
export type Sight = {
  readonly look: Look;
  /** What the state has of it. */
  readonly last?: Remembered | undefined;
  readonly reached?: Reached;
  /** Waits until the host takes one more connection, where it limits them. */
  readonly pace?: () => Promise<void>;
};

/**
 * Looks at it over one connection, and closes that; an `up` that installs the helper brings that along.
 * @param machine what makes it in this program: says first how it stands, and how long it may take to boot.
 */
export async function lookAt(
  way: Way & Looked,
  render: Render,
  run: string,
  before: Promise<Remembered | undefined>,
  host: pulumi.Resource,
  machine?: Machine,
): Promise<Sight> {
  const say = (line: string) => void pulumi.log.info(line, host);
  const { trouble, isYoung } = (await machine?.standing()) ?? {};
  if (trouble !== undefined) throw new HostError(way, trouble);
  const session = await open(way, isYoung ? patient(machine?.boot ?? 0) : {}, say);
  try {
    const seen = await look(session, way, render, run, machine?.boot);
    // What the plugin could not do either is told before anything is registered.
    const reached = session.reached();
    const last = await before;
    await bringHelper(session, seen.helper, last);
    return { look: seen, last, reached, ...(await paceOf(session, seen, last, say)) };
  } catch (error) {
    // Whatever else goes wrong with a host names it; a fault of the program keeps its stack trace.
    const plain = error instanceof Error && error.name === 'Error';
    throw plain ? new HostError(session.target, error.message) : error;
  } finally {
    session.close();
  }
}

/** For the command that will install it; a preview changes nothing on a host. */
export async function bringHelper(
  session: Pick<Session, 'script'>,
  helper: Seen,
  last: Remembered | undefined,
): Promise<void> {
  if (!pulumi.runtime.isDryRun() && !isSettled(last, helper)) await session.script(parcelScript());
}

/** A machine that boots answers late, and says that it has booted later still. */
const patient = (seconds: number) => ({ boot: seconds * 1000, script: (seconds + 60) * 1000 });

/** Asked where a run will make connections. */
async function paceOf(
  session: Session,
  { helper, seen, gone }: Look,
  last: Remembered | undefined,
  say: (line: string) => void,
): Promise<Pick<Sight, 'pace'>> {
  const due = [helper, ...seen].filter((it) => !isSettled(last, it)).length + gone.length;
  if (pulumi.runtime.isDryRun() || due === 0) return {};
  const { port } = session.target;
  const found = parseRate(await session.script(rateScript), port);
  if (!found) return {};
  const { count, seconds } = found.rate;
  // Each manifest, what is sent for them, and the last command.
  const connections = due + 2;
  const waiting = `its packet filter lets ${count} new connections to port ${port} through in ${seconds} s; this run makes about ${connections} of them, and waits in between`;
  if (found.ago.length + connections > count) say(new HostError(session.target, waiting).message);
  const pace = new Pace(found);
  return { pace: () => pace.turn() };
}

/** A host that may not be looked at is as the last `up` saw it. */
export async function unseen(
  render: Render,
  before: Promise<Remembered | undefined>,
  run: string,
): Promise<Sight> {
  if (!pulumi.runtime.isDryRun())
    throw new Error('drift: ignore is for previews; set it to look before `pulumi up`');
  const last = await before;
  return { look: await assume(render, last, run), last };
}

/** A host whose address is not known yet is a new one: nothing of the kit's is there. */
export async function fresh(
  render: Render,
  run: string,
  facts: Partial<Facts> = {},
): Promise<Sight> {
  const look = await assume(render, undefined, run, facts);
  const due = <T>(it: T): T => ({ ...it, due: true });
  return { look: { ...look, helper: due(look.helper), seen: look.seen.map(due) } };
}

/** Where nobody looked nothing connects either: the address alone stands for the connection. */
export function connections(
  { address: host }: Way,
  reached: Reached | undefined,
  after: (value: object) => pulumi.Output<object>,
): Connections {
  const made = (isKept: boolean) => after(reached ? commandConnection(reached, isKept) : { host });
  return { now: made(false), kept: made(true) };
}
