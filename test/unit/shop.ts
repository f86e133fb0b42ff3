/** The app that the tests of the aspects are told with, on a host of their choice. */
import { type AppConfig, appSchema } from '../../components/app/app.ts';
import { type Facts, unseen } from '../../components/host/facts.ts';
import type { Item } from '../../components/host/item.ts';

/** The smallest stack file of an app, and what a test adds to it. */
export const shop = (given: object = {}): AppConfig => ({
  ...appSchema.parse({
    source: '../shop',
    start: 'server.js',
    domains: ['shop.example.com'],
    ...given,
  }),
  name: 'shop',
});

export const bookworm: Facts = {
  ...unseen.facts,
  codename: 'bookworm',
  version: '12',
  systemd: 252,
};

export const trixie: Facts = { ...unseen.facts, codename: 'trixie', version: '13', systemd: 257 };

/** The one item of this kind and name. */
export function find(items: readonly Item[], kind: string, name: string): Item {
  const found = items.filter((item) => item.kind === kind && item.name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} items ${kind} ${name}`);
  return found[0];
}

/** The text of a file among items. */
export const textOf = (items: readonly Item[], path: string): string =>
  find(items, 'file', path).content ?? '';

/** A file's lines without comments, white space around them and empty ones. */
export const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
