/** The apps, servers and hosts that the tests of components are told with. */
import { contextOf } from '../../components/app/app.ts';
import type { AppContext } from '../../components/app/component.ts';
import { type AppConfig, appSchema } from '../../components/app/components.ts';
import type { JobApp } from '../../components/app/types/job.ts';
import type { StaticApp } from '../../components/app/types/static.ts';
import type { TcpApp } from '../../components/app/types/tcp.ts';
import type { WebApp } from '../../components/app/types/web.ts';
import type { WorkerApp } from '../../components/app/types/worker.ts';
import { type Facts, unseen } from '../../components/host/facts.ts';
import type { Item } from '../../components/host/item.ts';
import { type ServerConfig, serverSchema } from '../../components/server/components.ts';

const schema = appSchema({});

/** The smallest stack file of an app, and what a test adds to it. */
export const shop = (given: object = {}): WebApp => ({
  ...(schema.parse({
    source: '../shop',
    start: 'server.js',
    domains: ['shop.example.com'],
    ...given,
  }) as Omit<WebApp, 'name'>),
  name: 'shop',
});

/** The smallest worker, and what a test adds to it. */
export const mailer = (given: object = {}): WorkerApp => ({
  ...(schema.parse({
    type: 'worker',
    source: '../mailer',
    start: 'worker.js',
    ...given,
  }) as Omit<WorkerApp, 'name'>),
  name: 'mailer',
});

/** The smallest TCP service, and what a test adds to it. */
export const chat = (given: object = {}): TcpApp => ({
  ...(schema.parse({
    type: 'tcp',
    source: '../chat',
    start: 'chat.js',
    public: 7000,
    ...given,
  }) as Omit<TcpApp, 'name'>),
  name: 'chat',
});

/** The smallest job by the clock, and what a test adds to it. */
export const cleanup = (given: object = {}): JobApp => ({
  ...(schema.parse({
    type: 'job',
    source: '../cleanup',
    start: 'clean.js',
    at: '03:30',
    ...given,
  }) as Omit<JobApp, 'name'>),
  name: 'cleanup',
});

/** The smallest static site, and what a test adds to it. */
export const manual = (given: object = {}): StaticApp => ({
  ...(schema.parse({
    type: 'static',
    source: '../manual',
    domains: ['manual.example.com'],
    ...given,
  }) as Omit<StaticApp, 'name'>),
  name: 'manual',
});

/** What is wrong with an app that says no more than this beside its source and its domain. */
export const complaints = (given: object): string[] =>
  complaintsOf({ source: '.', domains: ['a.de'], ...given });

/** What is wrong with a job that says no more than this beside its source and its script. */
export const jobComplaints = (given: object): string[] =>
  complaintsOf({ type: 'job', source: '.', start: 'a.js', ...given });

/** What is wrong with one that says nothing more than this beside its source. */
export const wrongWith = (given: object): string[] => complaintsOf({ source: '.', ...given });

const complaintsOf = (given: object): string[] =>
  (schema.safeParse(given).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );

/** The smallest server, and what a test adds to it. */
export const web1 = (given: object = {}): ServerConfig => ({
  ...serverSchema.parse({ address: 'web1.example.com', ...given }),
  name: 'web1',
});

export const publicKey = `ssh-ed25519 ${'A'.repeat(68)}`;

export const release = { hash: 'c'.repeat(64), archive: 'shop.tar.gz' };

export const bookworm: Facts = {
  ...unseen.facts,
  codename: 'bookworm',
  version: '12',
  systemd: 252,
};

export const trixie: Facts = { ...unseen.facts, codename: 'trixie', version: '13', systemd: 257 };

/** What there is to an app on a host, but for what a test says. */
export const context = (app: AppConfig, given: Partial<AppContext> = {}): AppContext => ({
  ...contextOf({ server: web1(), facts: trixie, app, apps: [app], secrets: {}, release, ...given }),
  ...given,
});

type Rendered = {
  base?: readonly Item[];
  access?: readonly Item[];
  app?: readonly Item[];
  rollout?: readonly Item[];
  site?: readonly Item[];
};

/** All items that a component wants, of whatever manifest. */
export const items = ({
  base = [],
  access = [],
  app = [],
  rollout = [],
  site = [],
}: Rendered = {}): Item[] => [...base, ...access, ...app, ...rollout, ...site];

/** The one item of this kind and name. */
export function find(items: readonly Item[], kind: string, name: string): Item {
  const found = items.filter((item) => item.kind === kind && item.name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} items ${kind} ${name}`);
  return found[0];
}

/** Kind and name of each item, in order. */
export const names = (items: readonly Item[]): string[] =>
  items.map(({ kind, name }) => `${kind} ${name}`);

/** The text of a file among items. */
export const textOf = (items: readonly Item[], path: string): string =>
  find(items, 'file', path).content ?? '';

/** A file's lines without comments, white space around them and empty ones. */
export const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
