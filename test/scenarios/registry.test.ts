/** An app of other people, as it comes from the npm registry, deployed and used. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { nodeTarball } from '../harness/node.ts';
import { assertNothingToDo, testStack } from '../harness/stack.ts';

/** json-server: a REST service over a JSON file, with some twenty dependencies. */
const dependency = { 'json-server': '1.0.0-beta.3' };

function install(directory: string): string {
  const source = join(directory, 'api');
  // json-server wants a directory of that name; an empty one is packed as well.
  mkdirSync(join(source, 'public'), { recursive: true });
  writeFileSync(join(source, 'package.json'), JSON.stringify({ dependencies: dependency }));
  writeFileSync(
    join(source, 'seed.json'),
    JSON.stringify({ posts: [{ id: '1', title: 'first' }] }),
  );
  // Development alone needs them; npm is not there on the host.
  writeFileSync(join(source, '.keelsonignore'), '*.d.ts\n*.map\n.cache/\n');
  const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...options], { cwd: source, stdio: 'pipe' });
  return source;
}

test('json-server keeps what is posted to it, on a Node.js of its own', async (t) => {
  const host = await testHost(t, { release: 'trixie', user: 'admin' });
  const stack = await testStack(t, host, {});
  const database = '/srv/api/data/db.json';
  stack.configure({
    apps: {
      api: {
        source: install(stack.directory),
        node: nodeTarball(stack.directory),
        start: 'node_modules/json-server/lib/bin.js',
        args: [database],
        domains: ['api.example.com'],
        health: '/posts',
        data: ['data'],
        rollout: { before: ['/bin/cp', '--no-clobber', 'seed.json', database] },
      },
    },
  });
  await stack.up();
  await assertNothingToDo(stack);

  const api = { domain: 'api.example.com' };
  assert.deepEqual(JSON.parse((await ask(host, '/posts/1', api)).body), {
    id: '1',
    title: 'first',
  });
  const post = { ...api, method: 'POST', headers: { 'content-type': 'application/json' } };
  const posted = await ask(host, '/posts', { ...post, body: JSON.stringify({ title: 'second' }) });
  assert.equal(posted.status, 201);
  const { id } = JSON.parse(posted.body);
  assert.ok(id);
  const written = JSON.parse(await host.exec(`cat ${database}`));
  assert.deepEqual(
    written.posts.map((entry: { title: string }) => entry.title),
    ['first', 'second'],
  );
  const missing = await ask(host, '/posts/none', api);
  assert.equal(missing.status, 404);

  // The data outlives the release that wrote it.
  writeFileSync(join(stack.directory, 'api', 'VERSION'), '2\n');
  await stack.up();
  const found = JSON.parse((await ask(host, `/posts/${id}`, api)).body);
  assert.equal(found.title, 'second');
});
