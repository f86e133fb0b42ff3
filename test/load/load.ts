/**
 * Load on an app for as long as one likes: autocannon for the mass, clients of our own for what it
 * does not see. It runs in a process of its own, so that the test's work does not slow it down.
 */
import { fork } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { Agent } from 'node:http';
import autocannon from 'autocannon';
import {
  type Kind,
  type KindName,
  kinds,
  newId,
  runKind,
  type State,
  type Tally,
} from './clients.ts';

export type LoadOptions = {
  url: string;
  /** Requests a second that autocannon sends, half of them POST. */
  rate: number;
  /** Its keep-alive connections. */
  connections: number;
  /** Which clients of our own run beside it. Default: all. */
  kinds?: readonly KindName[];
};

export type Figures = {
  seconds: number;
  tallies: Record<string, Tally>;
  /** Ids of all requests that change something and were answered. */
  recorded: string[];
};

export type Load = {
  /** Lets every request come to its end. */
  stop: () => Promise<Figures>;
  /** Ends it at once, for a test that failed. */
  kill: () => void;
};

/** Starts the load; it ends with this process at the latest. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const child = fork(import.meta.filename, [JSON.stringify(options)]);
  const figures = new Promise<Figures>((resolve, reject) => {
    child.on('message', (message) => resolve(message as Figures));
    child.on('exit', (code) =>
      reject(new Error(`the load ended by itself with exit code ${code}`)),
    );
  });
  figures.catch(() => undefined);
  return {
    stop: () => {
      if (child.connected) child.send('stop');
      return figures;
    },
    kill: () => child.kill('SIGKILL'),
  };
}

type Client = EventEmitter & { conn: object };

/**
 * autocannon until `stopped`; whatever is no 200 with its own body is a failure.
 *
 * It connects anew without a word when a connection ends before the answer, and counts as sent what
 * it only plans to send, so each of its clients is counted here.
 */
async function mass(
  { url, rate, connections }: LoadOptions,
  recorded: string[],
  stopped: Promise<void>,
): Promise<Tally> {
  const tally: Tally = { sent: 0, answered: 0, failed: {}, slowest: 0 };
  const fail = (reason: string) => {
    tally.failed[reason] = (tally.failed[reason] ?? 0) + 1;
  };
  const check = (status: number, answer: string, context: { id?: string }) => {
    if (status !== 200) return fail(`status ${status}`);
    if (!answer.includes('"release"')) return fail('another body');
    tally.answered++;
    if (context.id) recorded.push(context.id);
    delete context.id;
  };
  // Each connection sends them in turn, and its next one only after an answer.
  const post = (request: autocannon.Request, context: { id?: string }) => {
    context.id = newId();
    return { ...request, path: `/record?id=${context.id}` };
  };
  const body = 'x'.repeat(2000);
  const requests: autocannon.Request[] = [
    { method: 'GET', path: '/whoami', onResponse: check },
    { method: 'POST', path: '/record', body, setupRequest: post, onResponse: check },
  ];
  const open = new Set<Client>();
  // A server may close a connection after an answer in which it says so (nginx: after a thousand). autocannon
  // sends the next request all the same, which nobody reads, and then goes on with another connection.
  const closing = new WeakSet<object>();
  const setupClient = (given: EventEmitter) => {
    const client = given as Client;
    client.on('headers', ({ headers }: { headers: string[] }) => {
      if (
        headers.some(
          (it, index) => /^close$/i.test(it) && /^connection$/i.test(headers[index - 1] ?? ''),
        )
      )
        closing.add(client.conn);
    });
    client.on('request', () => {
      if (open.has(client)) fail('closed without an answer');
      open.delete(client);
      if (closing.has(client.conn)) return;
      open.add(client);
      tally.sent++;
    });
    client.on('response', (_status, _bytes, duration: number) => {
      open.delete(client);
      tally.slowest = Math.max(tally.slowest, duration);
    });
    for (const event of ['connError', 'timeout'])
      client.on(event, (error?: NodeJS.ErrnoException) => {
        fail(error?.code ?? event);
        open.delete(client);
      });
  };
  const options = {
    url,
    connections,
    overallRate: rate,
    requests,
    setupClient,
    duration: 86_400,
    timeout: 20,
  };
  const run = autocannon(options, () => undefined);
  const done = new Promise((resolve) => run.on('done', resolve));
  await stopped;
  run.stop();
  await done;
  // What was open at the end was cut by autocannon itself.
  return { ...tally, sent: tally.sent - open.size };
}

async function generate(options: LoadOptions): Promise<Figures> {
  const stopped = new Promise<void>((resolve) => process.once('message', () => resolve()));
  let stopping = false;
  stopped.then(() => {
    stopping = true;
  });
  const state: State = { url: options.url, agent: new Agent({ keepAlive: true }), recorded: [] };
  const began = performance.now();
  const chosen = Object.entries<Kind>(kinds).filter(
    ([name]) => !options.kinds || options.kinds.includes(name as KindName),
  );
  const running = chosen.map(
    async ([name, kind]) => [name, await runKind(kind, state, () => stopping)] as const,
  );
  const own = await Promise.all([
    mass(options, state.recorded, stopped).then((it) => ['autocannon', it] as const),
    ...running,
  ]);
  state.agent.destroy();
  const seconds = (performance.now() - began) / 1000;
  return { seconds, tallies: Object.fromEntries(own), recorded: state.recorded };
}

if (process.argv[1] === import.meta.filename && process.send) {
  process.once('disconnect', () => process.exit());
  const figures = await generate(JSON.parse(process.argv[2] ?? '{}'));
  process.send(figures, () => process.exit(0));
}
