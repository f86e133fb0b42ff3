/** The host on which apps fail: its stack, and those who visit its sites meanwhile. */
import { rmSync } from 'node:fs';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { root } from '../../tools/lib/pulumi.ts';
import type { DebianHost } from '../harness/host.ts';
import { newStack, type Stack, type StackConfig } from '../harness/stack.ts';
import { runKind, type Tally } from '../load/clients.ts';

/** What `late` needs. It is a process of its own, which the test starts and stops. */
export const database = '127.0.0.1:5999';

/** An instance is left alone for so long after it was started, in seconds. */
export const start = 10;

/** As long as it takes an instance to be one that Monit may start again, and its neighbours too, in milliseconds. */
export const settled = 20_000;

/** Three apps of the same code: one that fails in passing, one that cannot start, one that waits. */
export const config = (given: { cured?: boolean } = {}): StackConfig => {
  const app = (port: number, domain: string, more: object = {}) => ({
    source: join(root, 'test/apps/failing'),
    ...{ start: 'server.js', domains: [domain], instances: 2, port, data: ['data'] },
    // A leak meets V8's limit first, or that of the instance where it is of another kind.
    nodeArgs: ['--max-old-space-size=64'],
    memory: '192M',
    rollout: { start: `${start}s`, drain: '1s', watch: '0s', answers: 1 },
    ...more,
  });
  return {
    // Nobody takes them: that they were told is in the journal.
    server: { alerts: { webhook: {} } },
    apps: {
      shop: app(3700, 'shop.example.com', { instances: 3 }),
      loop: app(3710, 'loop.example.com', given.cured ? { env: { CURED: 'yes' } } : {}),
      late: app(3720, 'late.example.com', { env: { DATABASE: database }, needs: [database] }),
    },
  };
};

export async function withStack<T>(host: DebianHost, action: (stack: Stack) => Promise<T>) {
  const stack = await newStack([host], config());
  try {
    await stack.setSecret('webhook', 'http://127.0.0.1:9/', 'serverSecrets');
    return await action(stack);
  } finally {
    rmSync(stack.directory, { recursive: true, force: true });
  }
}

/** Who visits waits for as long as nginx does. */
const patience = 65_000;

type Asked = { method: string; domain: string };

function ask(host: DebianHost, { method, domain }: Asked): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { host: domain };
    const given = { host: host.address, port: 80, path: '/', method, headers, agent: false };
    const sent: ClientRequest = httpRequest({ ...given, timeout: patience }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200
          ? resolve()
          : reject(new Error(`status ${response.statusCode}`)),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end(method === 'POST' ? 'x' : undefined);
  });
}

export type Visits = { leave: () => Promise<Tally> };

/** Visitors who send so many requests a second at most, each over a connection of its own, until they leave. */
export function visit(host: DebianHost, asked: Asked, rate: number): Visits {
  let isOver = false;
  const state = { url: '', agent: undefined as never, recorded: [] };
  const kind = { count: rate / 10, pause: 100, once: () => ask(host, asked) };
  const all = runKind(kind, state, () => isOver);
  return {
    leave: () => {
      isOver = true;
      return all;
    },
  };
}

/** How many requests were not answered with 200. */
export const lost = ({ failed }: Tally): number =>
  Object.values(failed).reduce((all, count) => all + count, 0);
