/**
 * Clients that notice what a load generator does not: whether each single request was answered, in
 * full, once, and whether a connection that was to stay open stayed open.
 */
import { randomBytes } from 'node:crypto';
import { type Agent, type ClientRequest, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** What one kind of client went through. */
export type Tally = {
  sent: number;
  answered: number;
  /** How often each failure was seen. */
  failed: Record<string, number>;
  /** Milliseconds that the slowest answer took. */
  slowest: number;
};

type Answer = { status: number; body: Buffer };
type Sent = {
  method?: string;
  body?: Buffer;
  agent?: Agent;
  send?: (request: ClientRequest) => void;
};

/** No answer within this time is a failure; requests of the tests take 5 s at most. */
const patience = 20_000;

/** One request; throws with a short reason when it is not answered in full. */
function ask(url: string, { method = 'GET', body, agent, send }: Sent = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, agent: agent ?? false, timeout: patience });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
      );
    });
    if (send) send(request);
    else request.end(body);
  });
}

function expectStatus({ status }: Answer, wanted: number): void {
  if (status !== wanted) throw new Error(`status ${status}`);
}

/** Kinds of clients; each function is one request or connection from its beginning to its end. */
export type Kind = { count: number; pause: number; once: (state: State) => Promise<void> };
export type State = {
  url: string;
  agent: Agent;
  /** Ids of requests that change something and were answered. */
  recorded: string[];
};

/** A name for a request that changes something; the app notes it each time that it does it. */
export const newId = (): string => randomBytes(9).toString('hex');

async function record({ url, recorded }: State, sent: Sent): Promise<void> {
  const id = newId();
  const body = randomBytes(1 + Math.floor(Math.random() * 32_768));
  expectStatus(await ask(`${url}/record?id=${id}`, { body, ...sent }), 200);
  recorded.push(id);
}

/** A body that arrives bit by bit, and must come back as it was. */
async function echoSlowly({ url }: State): Promise<void> {
  const parts = Array.from({ length: 10 }, () => randomBytes(20_000));
  const send = async (request: ClientRequest) => {
    for (const part of parts) {
      request.write(part);
      await sleep(100);
    }
    request.end();
  };
  const answer = await ask(`${url}/echo`, { method: 'POST', send });
  expectStatus(answer, 200);
  if (!answer.body.equals(Buffer.concat(parts))) throw new Error('the body came back changed');
}

async function upload({ url, recorded }: State): Promise<void> {
  const id = newId();
  const answer = await ask(`${url}/upload?name=${id.slice(0, 8)}.bin&id=${id}`, {
    method: 'POST',
    body: randomBytes(300_000),
  });
  expectStatus(answer, 201);
  recorded.push(id);
}

async function slow({ url, agent }: State): Promise<void> {
  expectStatus(await ask(`${url}/slow?ms=5000`, { agent }), 200);
}

async function download({ url }: State): Promise<void> {
  const answer = await ask(`${url}/download?bytes=2000000&ms=2000`);
  expectStatus(answer, 200);
  if (answer.body.length !== 2_000_000) throw new Error(`${answer.body.length} bytes of 2000000`);
}

/** Server-sent events for three seconds; the client is the one to leave. */
function events({ url }: State): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/events`, { agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      response.on('data', () => undefined);
      response.on('close', () => reject(new Error('the server ended the events')));
      setTimeout(() => {
        resolve();
        response.destroy();
      }, 3000);
    });
    request.end();
  });
}

/** A WebSocket for three seconds that must echo each message. */
async function webSocket({ url }: State): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/echo`);
  const closed = new Promise<never>((_, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`closed by the server with ${code}`)));
  });
  closed.catch(() => undefined);
  const next = (event: string) =>
    Promise.race([closed, new Promise((resolve) => socket.once(event, resolve))]);
  await next('open');
  for (let turn = 0; turn < 15; turn++) {
    const text = `message ${turn}`;
    socket.send(text);
    if (String(await next('message')) !== text) throw new Error('another echo than the message');
    await sleep(200);
  }
  socket.close();
}

/** How many of each kind run side by side, and how long each pauses, in milliseconds. */
export const kinds = {
  'POST, keep-alive': {
    ...{ count: 12, pause: 150 },
    once: (state) => record(state, { method: 'POST', agent: state.agent }),
  },
  'POST, fresh': { count: 6, pause: 150, once: (state) => record(state, { method: 'POST' }) },
  // nginx asks a second instance when the first does not answer these.
  PUT: { count: 2, pause: 150, once: (state) => record(state, { method: 'PUT' }) },
  DELETE: { count: 2, pause: 150, once: (state) => record(state, { method: 'DELETE' }) },
  'POST, slowly sent': { count: 2, pause: 200, once: echoSlowly },
  upload: { count: 2, pause: 300, once: upload },
  'GET, 5 s': { count: 3, pause: 500, once: slow },
  download: { count: 2, pause: 200, once: download },
  events: { count: 2, pause: 200, once: events },
  WebSocket: { count: 3, pause: 200, once: webSocket },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

/** Runs one kind until `stopping()` says so, then to the end of what was begun. */
export async function runKind(kind: Kind, state: State, stopping: () => boolean): Promise<Tally> {
  const tally: Tally = { sent: 0, answered: 0, failed: {}, slowest: 0 };
  const loop = async () => {
    await sleep(Math.random() * kind.pause);
    while (!stopping()) {
      await runOnce(kind, state, tally);
      await sleep(kind.pause);
    }
  };
  await Promise.all(Array.from({ length: kind.count }, loop));
  return tally;
}

async function runOnce(kind: Kind, state: State, tally: Tally): Promise<void> {
  const began = performance.now();
  tally.sent++;
  try {
    await kind.once(state);
    tally.answered++;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code ?? message;
    tally.failed[reason] = (tally.failed[reason] ?? 0) + 1;
  }
  tally.slowest = Math.max(tally.slowest, performance.now() - began);
}
