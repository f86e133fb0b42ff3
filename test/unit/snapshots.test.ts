import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfig } from '../../components/config/config.ts';
import { renderHost } from '../../components/config/render.ts';
import type { Item } from '../../components/host/item.ts';
import { type Case, cases, facts, release } from './snapshots/cases.ts';
import { snapshot } from './snapshots/print.ts';

/** What is there since. */
const since =
  /^\/etc\/(keelson\/\w+\/(hook\.service|secrets)|monit\/keelson\.d\/need|systemd\/system\/keelson-(retry|failed)@\.(service|timer))$/;

/** All items that the stack file of a case wants on its host. */
function items({ values, facts: other }: Case): Item[] {
  const given = { values: JSON.parse(JSON.stringify(values)), encrypted: new Set(['secrets']) };
  const [host] = readConfig(given).hosts;
  assert.ok(host);
  const releases = Object.fromEntries(host.apps.map(({ name }) => [name, release]));
  return renderHost(host, { ...facts, ...other }, releases)
    .flatMap(({ items }) => items)
    .filter(({ name }) => !since.test(name));
}

for (const it of cases)
  test(`files and units of the stack file "${it.name}", to the letter`, () => {
    const like = cases.find(({ name }) => name === it.like);
    const file = new URL(`snapshots/${it.name}.txt`, import.meta.url);
    const text = snapshot(items(it), like && items(like));
    // To be looked at as a diff, and written anew by KEELSON_WRITE=1.
    if (process.env.KEELSON_WRITE) writeFileSync(file, text);
    assert.equal(text, readFileSync(file, 'utf8'));
  });
