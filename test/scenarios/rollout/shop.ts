/** The app whose releases are tried, on its host and with its stack. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { HostOptions } from '../../../tools/container/make.ts';
import { type Run, said } from '../../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../../harness/host.ts';
import { provisionedHost } from '../../harness/provisioned.ts';
import { type Failure, release, type Stack, testStack } from '../../harness/stack.ts';
import { type Judgement, judge, table } from '../../load/judge.ts';
import { type LoadOptions, startLoad } from '../../load/load.ts';

/** For what is tried without long requests, so that each `up` is over soon. */
export const quick = { drain: '1s', start: '6s', watch: '0s', answers: 1 };

export const env = { UPLOADS: '/srv/shop/uploads' };

export const defaults = {
  start: 'server.js',
  domains: ['default'],
  health: '/health',
  uploads: { '/files': 'uploads' },
  env,
  instances: 2,
  memory: '300M',
  rollout: quick,
};

type More = { app?: object; server?: object };

/** What an instance runs. */
export type Instance = { release: string; pid: number };

export class Shop {
  readonly stack: Stack;
  readonly host: DebianHost;
  config: object = {};
  readonly #t: TestContext;

  constructor(t: TestContext, stack: Stack, host: DebianHost) {
    this.stack = stack;
    this.host = host;
    this.#t = t;
  }

  /** Writes the stack file with the release of that mark. */
  configure(mark: string, failure?: Failure, { app, server }: More = {}): void {
    const source = release(this.stack, mark, failure);
    this.config = { ...defaults, source, ...app };
    this.stack.configure({ apps: { shop: this.config }, ...(server && { server }) });
  }

  /** Runs `up` and tells how long it took. */
  async up(what: string, args: readonly string[] = []): Promise<Run> {
    const began = performance.now();
    const run = await this.stack.try('up', args);
    this.tell(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return run;
  }

  tell(message: string): void {
    this.#t.diagnostic(message);
  }

  async succeed(what: string, args: readonly string[] = []): Promise<Run> {
    const run = await this.up(what, args);
    assert.equal(run.code, 0, `${what}:\n${said(run)}`);
    return run;
  }

  async fail(what: string, message: RegExp): Promise<Run> {
    const run = await this.up(what);
    assert.notEqual(run.code, 0, what);
    assert.match(said(run), message);
    return run;
  }

  /** What each instance runs, in the order of their ports. */
  async instances(count = 2): Promise<Instance[]> {
    const ports = Array.from({ length: count }, (_, index) => 3700 + index);
    const ask = ports.map((port) => `curl -sS http://127.0.0.1:${port}/whoami`).join(' && ');
    return (await this.host.exec(ask))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  async releases(): Promise<string[]> {
    return (await this.instances()).map(({ release }) => release);
  }

  log(): Promise<string> {
    return this.host.exec('cat /var/log/keelson.log');
  }

  /** Does something under load, and holds what the app did against what its clients saw. */
  async under(
    load: Pick<LoadOptions, 'kinds'> & Partial<LoadOptions>,
    action: () => Promise<void>,
  ): Promise<Judgement> {
    const url = `http://${this.host.address}`;
    const running = await startLoad({ url, rate: 40, connections: 8, ...load });
    try {
      await action();
      const figures = await running.stop();
      const judgement = judge(figures, await this.host.exec(`cat ${env.UPLOADS}/record.txt`));
      this.tell(`load for ${figures.seconds.toFixed(0)} s\n${table(figures)}`);
      this.tell(JSON.stringify(judgement));
      return judgement;
    } finally {
      running.kill();
    }
  }
}

/** On a host that nobody has touched. */
export async function shopOn(t: TestContext, options: HostOptions = {}): Promise<Shop> {
  const host = await testHost(t, { cpus: 2, ...options });
  const stack = await testStack(t, host, {});
  return new Shop(t, stack, host);
}

/** With a good release, on a host that had another app of that name. */
export async function shopOnCopy(t: TestContext): Promise<Shop> {
  const { host, stack } = await provisionedHost(t, { cpus: 2 });
  const shop = new Shop(t, stack, host);
  shop.configure('one');
  await shop.succeed('a good release to begin with');
  return shop;
}

export function assertUnharmed({ sent, answered, failed, lost, doubled }: Judgement): void {
  const harm = { answered, failed, lost, doubled };
  assert.deepEqual(harm, { answered: sent, failed: 0, lost: 0, doubled: 0 });
}

/** Server-sent events: what they said once the server ended them, and a way to leave before. */
export type Events = { ended: Promise<string>; leave: () => void };

export function openEvents(address: string): Promise<Events> {
  return new Promise((resolve, reject) => {
    const sent = request(`http://${address}/events`, { agent: false });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const ended = text(response);
      ended.catch(() => undefined);
      resolve({ ended, leave: () => response.destroy() });
    });
    sent.end();
  });
}
