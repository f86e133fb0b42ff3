/** The documentation, held against the code: what it names is there. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readConfig } from '../../components/config/config.ts';
import { stackSchemas } from '../../components/config/stack.ts';
import { commands } from '../../tools/cli/commands.ts';
import { trials } from '../../tools/try-aws.ts';
import { page, troubles } from '../harness/operating.ts';
import { called } from './called.ts';
import { publicKey } from './shop.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })].sort();
const { scripts, ...manifest } = JSON.parse(read('package.json'));

/** All that a pattern finds on the pages, as `page: what was found`. */
function found(pattern: RegExp, isWrong: (match: string, page: string) => boolean): string[] {
  return pages.flatMap((page) =>
    [...read(page).matchAll(pattern)]
      .map(([, match = '']) => match)
      .filter((match) => isWrong(match, page))
      .map((match) => `${page}: ${match}`),
  );
}

test('links lead to files that are there, and to headings that they have', () => {
  const heading = (title: string): string =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replace(/\s/g, '-');
  const isDead = (link: string, page: string): boolean => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, target))) return true;
    const titles = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      heading(title),
    );
    return anchor !== undefined && !titles.includes(anchor);
  };
  assert.deepEqual(found(/\]\((?!https?:)([^)\s]+)\)/g, isDead), []);
});

test('scripts of npm that are named are there', () => {
  const builtIn = new Set(['ci', 'run']);
  assert.deepEqual(
    found(
      /\bnpm (run [a-z:]+|ci|start|test)\b/g,
      (name) => !(name.replace('run ', '') in scripts) && !builtIn.has(name),
    ),
    [],
  );
});

/** What the pages tell a reader to make. */
const isExample = (path: string): boolean =>
  /production|motd|alternative|NAME|prod-web1/.test(path);

test('paths of this repository that are named are there', () => {
  assert.deepEqual(
    found(
      /`((?:components|files|tools|test|docs|stacks)\/[\w./@-]*[\w/])`/g,
      (path) => !isExample(path) && !existsSync(join(root, path)),
    ),
    [],
  );
});

test('verbs that are named are the helper’s, or the command’s of the same name', () => {
  const main = read('files/host/main.sh');
  const verbs = [...main.matchAll(/^ {4}([a-z-]+)\)/gm)].map(([, verb]) => verb);
  assert.ok(verbs.length > 4);
  verbs.push(...commands.map(({ name }) => name));
  assert.deepEqual(
    found(/`(?:sudo )?keelson ([a-z-]+)\b/g, (verb) => !verbs.includes(verb)),
    [],
  );
});

test('what `npm run config` is shown to print it prints', async () => {
  const [, shown = ''] =
    /```yaml\n(# stack production[^`]*)```/.exec(read('docs/environments.md')) ?? [];
  const words = (line: string): string => line.trim().replace(/\s+/g, ' ');
  const lines = shown.trimEnd().split('\n').map(words);
  assert.ok(lines.length > 5, 'docs/environments.md shows nothing');
  const { stdout } = await called(['config', 'production'], { cwd: root });
  const printed = stdout.split('\n').map(words);
  assert.deepEqual(
    lines.filter((line) => line !== '…' && !printed.includes(line)),
    [],
  );
});

test('stack files on the page of environments are merged as it says', () => {
  const [staging, several, apps] = [
    ...read('docs/environments.md').matchAll(/```yaml\n((?!# stack production)[^`]*)```/g),
  ].map(([, text = '']) => parse(text));
  assert.equal(staging.config['keelson:extends'], 'shared.yaml');
  const values = { ...several, ...apps, 'keelson:servers': { ...several['keelson:servers'] } };
  const { web2 } = apps['keelson:servers'];
  values['keelson:servers'].web2 = { ...values['keelson:servers'].web2, ...web2 };
  const entries = Object.entries(values).map(([key, value]) => [
    key.replace('keelson:', ''),
    value,
  ]);
  const given = { values: Object.fromEntries(entries), encrypted: new Set<string>() };
  const { hosts } = readConfig({ ...given, isElsewhere: true });
  assert.deepEqual(
    hosts.map(({ name, server: { user, openFiles, nginx }, apps }) => [
      ...[name, user, openFiles, nginx.balancers.length],
      ...apps.map((app) =>
        'instances' in app ? `${app.name} ${app.memory} ${app.instances}` : app.name,
      ),
    ]),
    [
      ['web1', 'admin', 524288, 1, 'shop 1G cores', 'mailer 1G 1'],
      ['web2', 'admin', 1048576, 1, 'shop 2G 8'],
      ['jobs', 'admin', 524288, 0, 'mailer 1G 1'],
    ],
  );
});

test('each dependency has its version and its reason in the README', () => {
  const packages = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...JSON.parse(read('tools/node/package.json')).optionalDependencies,
  };
  const readme = read('README.md');
  const untold = Object.entries(packages).filter(
    ([name, version]) =>
      !readme
        .split('\n')
        .some((line) => line.includes(`\`${name}\``) && line.includes(`${version}`)),
  );
  assert.deepEqual(untold, []);
});

test('each message that operators are told of is one that a test provokes', () => {
  const tests = globSync('test/{unit,scenarios}/**/*.ts', { cwd: root }).map(read).join('\n');
  const provoked = [...tests.matchAll(/\bdocumented\(\s*'([^']+)'(?:, (\d+))?/g)].map(
    ([, title, which = '0']) => `${title} ${which}`,
  );
  const told = [...troubles()].flatMap(([title, messages]) =>
    messages.map((_, which) => `${title} ${which}`),
  );
  assert.ok(told.length > 5, `${page} has no messages`);
  assert.deepEqual(provoked.length === 0 ? [] : [...new Set(provoked)].sort(), told.sort());
});

test('each message about logging in is one that a test of logins has', () => {
  const [, section = ''] = /^## Logging in\n(.*?)^## /ms.exec(read(page)) ?? [];
  const cells = [...section.matchAll(/^\| (`.*?`) \|/gm)].map(([, cell = '']) => cell);
  const messages = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, it]) => it));
  assert.ok(messages.length > 20, `${page} has no messages about logging in`);
  const files = [
    'scenarios/{logins,connections,firewall}.test.ts',
    'unit/{ssh-*,known-hosts,server/firewall}.test.ts',
  ];
  const tests = files.flatMap((it) => globSync(`test/${it}`, { cwd: root })).map(read);
  const text = tests.join('\n').replaceAll('\\', '');
  assert.deepEqual(
    messages.filter((it = '') => !inOneLine(it).test(text)),
    [],
  );
});

/** What differs in it tests may have as any words, pattern or variable. */
function inOneLine(message: string): RegExp {
  const parts = message
    .split(/\d+|…/)
    .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.*'));
}

test('what was never tried at AWS is the list of what `npm run try:aws` tries', () => {
  const [, list = ''] = /has the same list\. -->\n((?:- .*\n)+)/.exec(read('docs/aws.md')) ?? [];
  const told = Object.entries(trials).map(([which, words]) => `- ${which}: ${words}\n`);
  assert.equal(list, told.join(''));
});

test('the stack files of docs/aws.md are of the schema', () => {
  const blocks = [...read('docs/aws.md').matchAll(/```yaml\n(.*?)```/gs)].map(([, it = '']) => it);
  assert.equal(blocks.length, 4);
  for (const block of blocks) {
    const { config } = parse(block.replaceAll('ssh-ed25519 AAAA… ops@example.com', publicKey));
    for (const [key, value] of Object.entries(config).filter(([key]) => /^keelson:/.test(key))) {
      const schema = stackSchemas[key.replace('keelson:', '') as keyof typeof stackSchemas];
      assert.deepEqual(schema.safeParse(value).error?.issues, undefined, key);
    }
  }
});

test('what docs/aws.md says of a server that vanished is what a test provokes', () => {
  const [, section = ''] =
    /^## When something vanished\n(.*?)^## /ms.exec(read('docs/aws.md')) ?? [];
  const told = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, message = '']) => message);
  assert.equal(told.length, 4);
  const tests = read('test/unit/aws/kept.test.ts').replaceAll('\\', '');
  assert.deepEqual(
    told.filter((message) => !inOneLine(message).test(tests)),
    [],
  );
});
