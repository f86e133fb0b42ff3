/** Programs that serve files of a directory, and list the network interfaces when they start. */
import assert from 'node:assert/strict';
import type { App, Site } from './app.ts';

async function page({ ask }: Site): Promise<readonly string[]> {
  const { status, headers, body } = await ask('/assets/site.css');
  assert.deepEqual([status, body], [200, 'body {\n  margin: 0;\n}\n']);
  assert.match(headers['content-type'] ?? '', /^text\/css/);
  assert.equal((await ask('/none')).status, 404);
  return ['a page and its style'];
}

const program = (name: string): App => ({
  ...{ name, section: name, code: 'static', versions: [name] },
  change: { file: 'public/index.html', from: 'Summer', to: 'Winter' },
  use: page,
});

export const programs = [program('serve'), program('http-server')];
