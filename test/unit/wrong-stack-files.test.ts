/** Wrong stack files: the table in wrong-stack-files.txt, each with the whole of what is said of it. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ConfigError, readConfig } from '../../components/config/config.ts';
import { isMapping, type Mapping } from '../../components/config/merge.ts';
import { secretKeys } from '../../components/config/secret-keys.ts';
import { stackSchemas } from '../../components/config/stack.ts';
import { scratchDirectory } from './scratch.ts';
import { publicKey } from './shop.ts';

const project = scratchDirectory('wrong');
mkdirSync(join(project, 'shop'));
for (const name of ['key', 'empty']) writeFileSync(join(project, name), '');

const smallest: Mapping = {
  server: { address: 'web1.example.com' },
  apps: { shop: { source: 'shop', start: 'server.js', domains: ['shop.example.com'] } },
};

/** As stack files are merged, but for a null that finds nothing to take out: it stays, as a value that is wrong. */
function over(low: unknown, high: unknown): unknown {
  if (!isMapping(low) || !isMapping(high)) return high;
  const merged = Object.entries(high).map(([key, value]) => [key, over(low[key], value)] as const);
  return Object.fromEntries(
    Object.entries({ ...low, ...Object.fromEntries(merged) }).filter(
      ([key, value]) => value !== null || !(key in low),
    ),
  );
}

function problems(fragment: string): readonly string[] {
  const given = parse(fragment.replaceAll(/\bKEY\b/g, publicKey)) as Mapping;
  const { server: _, ...withoutServer } = smallest;
  const values = over('servers' in given ? withoutServer : smallest, given) as Mapping;
  const encrypted = new Set(secretKeys.filter((key) => key in values));
  try {
    readConfig({ values, encrypted });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map((problem) => problem.replaceAll(process.cwd(), 'PROJECT'));
  }
}

const table = readFileSync(new URL('wrong-stack-files.txt', import.meta.url), 'utf8')
  .split(/\n\n+/)
  .filter((row) => row.includes('\n→ '))
  .map((row) => row.trim().split(/\n→ /));

for (const [fragment = '', ...said] of table)
  test(`refused: ${fragment}`, () => assert.deepEqual(problems(fragment), said));

test('the stack file under them is right', () => assert.deepEqual(problems('{}'), []));

test('each setting of a stack is in the table, and each of a server', () => {
  const keys = table.map(([fragment = '']) => parse(fragment) as Mapping);
  const missing = (known: readonly string[], found: readonly Mapping[]) =>
    known.filter((name) => !found.some((given) => name in given));
  // What is said of the files that a stack extends is in extends.test.ts.
  assert.deepEqual(missing(Object.keys(stackSchemas), keys), ['extends']);
  const servers = keys.map(({ server }) => (isMapping(server) ? server : {}));
  // That of servers on AWS is in aws-settings.test.ts.
  assert.deepEqual(missing(Object.keys(stackSchemas.server.shape), servers), ['aws']);
});
