/** Rows in one SQLite file, by better-sqlite3 and by Node's own module. */
import assert from 'node:assert/strict';
import type { App, Site } from './app.ts';

const entries = Array.from({ length: 20 }, (_, index) => `entry ${index}`);

async function kept({ ask }: Site): Promise<readonly string[]> {
  const { status, body } = await ask('/entries');
  assert.equal(status, 200, body);
  assert.deepEqual(JSON.parse(body), { entries, counted: entries.length });
  return [`${entries.length} rows`];
}

export const sqlite: App = {
  name: 'sqlite',
  section: 'SQLite',
  change: { file: 'server.js', from: 'First edition', to: 'Second edition' },
  use: async (site) => {
    for (const entry of entries)
      assert.equal((await site.ask('/entries', { method: 'POST', body: entry })).status, 200);
    await kept(site);
    await site.host.exec(`systemctl kill --signal=KILL ${site.name}@3700; sleep 2`);
    return [...(await kept(site)), 'also after a kill'];
  },
  still: kept,
};
