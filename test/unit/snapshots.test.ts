import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderApp } from '../../components/app/app.ts';
import { readConfig } from '../../components/config/config.ts';
import type { Item } from '../../components/host/item.ts';
import { merge } from '../../components/host/manifest.ts';
import { renderMonit } from '../../components/server/monit.ts';
import { renderNginx } from '../../components/server/nginx.ts';
import { renderServer } from '../../components/server/server.ts';
import { type Case, cases, facts as found, release } from './snapshots/cases.ts';
import { snapshot } from './snapshots/print.ts';

/** All items that the stack file of a case wants on its host. */
function items({ values, facts: other }: Case): Item[] {
  const facts = { ...found, ...other };
  const given = { values: JSON.parse(JSON.stringify(values)), encrypted: new Set(['secrets']) };
  const { servers, apps, secrets } = readConfig(given);
  const [server] = servers;
  assert.ok(server);
  return merge([
    ...renderServer(server, facts),
    ...apps.flatMap((app) =>
      renderApp({ server, facts, app, secrets: secrets[app.name] ?? {}, release }),
    ),
    ...renderNginx(server, facts),
    ...renderMonit(server, facts),
  ]).flatMap((manifest) => manifest.items);
}

for (const it of cases)
  test(`files and units of the stack file "${it.name}", to the letter`, () => {
    const like = cases.find(({ name }) => name === it.like);
    const wanted = readFileSync(new URL(`snapshots/${it.name}.txt`, import.meta.url), 'utf8');
    assert.equal(snapshot(items(it), like && items(like)), wanted);
  });
