/** The page about frameworks, held against the apps that are tried. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '../../components/config/config.ts';
import type { App } from '../real/app.ts';
import { described, stackFiles } from '../real/guide.ts';
import { apps } from '../real/list.ts';
import { prepared } from '../real/prepare.ts';

const code = join(import.meta.dirname, '../real');

test('each stack file of the page is one that is tried, and each app has one', () => {
  const sections = new Set(apps.map(({ section }) => section));
  assert.deepEqual([...stackFiles().keys()].sort(), [...sections].sort());
});

for (const app of apps)
  test(`${app.name}: the stack file is one, the change a change, each package has its version`, () => {
    const { server, name, app: settings } = described(app.section);
    const source = join(code, app.code ?? app.name);
    readConfig({
      values: {
        server: { ...server, address: '192.0.2.1' },
        apps: { [name]: { ...settings, source } },
      },
      encrypted: new Set(),
    });
    const { file, from } = app.change;
    // Some change what another program writes when they are installed.
    if (existsSync(join(source, file)))
      assert.ok(readFileSync(join(source, file), 'utf8').includes(from));
    const { dependencies = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    for (const [name, version] of Object.entries(dependencies))
      assert.match(`${version}`, /^(\d+\.\d+\.\d+|workspace:\*)$/, name);
  });

test('of a page the first stack file of a section counts, and sections without one do not', () => {
  const text =
    '# Page\n\n```yaml\na: 1\n```\n\n## One\n\n```yaml\nb: 1\n```\n\n```yaml\nc: 1\n```\n\n## Two\n\nwords\n';
  assert.deepEqual([...stackFiles(text)], [['One', 'b: 1\n']]);
});

test('an app is installed once, with and without its change, until its commands or its code are others', async (t) => {
  const kept = mkdtempSync(join(tmpdir(), 'keelson-real-'));
  t.after(() => rmSync(kept, { recursive: true }));
  const count = ['sh', '-c', 'echo "$CI $npm_config_x" >>count'];
  const app: App = {
    ...{ name: 'site', section: 'serve', code: 'static', versions: [], use: async () => [] },
    install: [count],
    build: [['cp', 'public/index.html', 'built']],
    change: { file: 'public/index.html', from: 'Summer', to: 'Winter' },
  };
  process.env.npm_config_x = 'of the npm that runs this';
  const { first, second } = await prepared(app, kept);
  assert.deepEqual(await prepared(app, kept), { first, second, versions: '' });
  const read = (path: string) => readFileSync(path, 'utf8');
  assert.equal(read(join(first, 'count')), 'true \n');
  assert.match(read(join(first, 'built')), /Summer/);
  assert.match(read(join(second, 'built')), /Winter/);
  const other = await prepared({ ...app, install: [count, count] }, kept);
  assert.equal(read(join(other.second, 'count')), 'true \n'.repeat(2));
  assert.ok(!existsSync(first));
  await assert.rejects(
    prepared({ ...app, build: [['sh', '-c', 'echo broken; exit 3']] }, kept),
    /^Error: sh -c echo broken; exit 3: exit code 3\nbroken\n$/,
  );
});
