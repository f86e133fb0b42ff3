/** An app of a pnpm workspace, as `pnpm deploy` takes it out of there, in both of its ways. */
import assert from 'node:assert/strict';
import type { App, Command, Site } from './app.ts';

// It is the version that package.json names, and need not see whether it could fetch that for other systems as well.
const pnpm: Command = ['npx', '--yes', 'pnpm@12.21.0', '--pm-on-fail=ignore'];

async function price({ ask }: Site): Promise<readonly string[]> {
  assert.equal((await ask('/')).body, 'A hat is $12.50.');
  return ['a package of the workspace and one of the registry found'];
}

const way = (name: string, options: readonly string[]): App => ({
  ...{ name, section: 'pnpm', code: 'pnpm', output: 'out' },
  install: [[...pnpm, 'install', '--no-frozen-lockfile']],
  build: [
    ['rm', '-rf', 'out'],
    [...pnpm, '--filter=shop', 'deploy', '--prod', ...options, 'out'],
  ],
  change: { file: 'packages/prices/index.js', from: '12.5', to: '7.25' },
  versions: ['express'],
  use: price,
});

export const pnpms = [way('pnpm', []), way('pnpm-legacy', ['--legacy'])];
