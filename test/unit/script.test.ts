/** The programs that run on a host, as they are put together from files/host/. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { file } from '../../components/host/kinds.ts';
import { checks, factsScript, helper, lookScript } from '../../components/host/script.ts';

const functions = (program: string): string[] =>
  [...program.matchAll(/^([a-z_]+)\(\)/gm)].map(([, name = '']) => name);

const folder = new URL('../../files/host/', import.meta.url);

const named = (folder: string): string[] =>
  readdirSync(new URL(`../../files/host/${folder}/`, import.meta.url)).map((name) =>
    name.replace(/\.sh$/, ''),
  );

test('no function of a program hides another one', () => {
  for (const program of [helper(), factsScript(), lookScript([])]) {
    const all = functions(program);
    assert.deepEqual(
      all.filter((name, at) => all.indexOf(name) !== at),
      [],
    );
  }
});

test('every part is in one of the programs', () => {
  const programs = [helper(), lookScript([]), factsScript()];
  const missing = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sh'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !programs.some((program) => program.includes(readFileSync(path, 'utf8'))));
  assert.deepEqual(missing, []);
});

test('each kind can be observed, made and taken away; the look has no more than it needs', () => {
  const [all, looking] = [functions(helper()), functions(lookScript([]))];
  for (const kind of named('kinds')) {
    const [, observer = kind] = new RegExp(`observer_${kind}=(\\w+)`).exec(helper()) ?? [];
    assert.ok(looking.includes(`observe_${observer}`), kind);
    const makes = new RegExp(`staged_${kind}=yes`).test(helper()) ? ['stage', 'swap'] : ['apply'];
    for (const verb of [...makes, 'remove']) assert.ok(all.includes(`${verb}_${kind}`), kind);
  }
  for (const name of ['apply_manifest', 'prune', 'swap_path', 'say'])
    assert.ok(!looking.includes(name), name);
});

test('kinds stand in the order in which they are applied', () => {
  const [, kinds = ''] = /^KINDS='(.*)'$/m.exec(helper()) ?? [];
  assert.deepEqual(kinds.split(' ').sort(), named('kinds').sort());
  const before = (one: string, other: string) =>
    assert.ok(kinds.indexOf(one) < kinds.indexOf(other), `${one} before ${other}`);
  before('package', 'file');
  before('user', 'directory');
  before('file', 'unit');
  before('unit', 'rollout');
  before('monitor', 'instances');
});

test('a check is a file, and a file asks for none that is not there', () => {
  assert.deepEqual(checks(), named('checks').sort());
  for (const check of checks()) assert.ok(functions(helper()).includes(`check_${check}`));
  assert.throws(
    () => file('/etc/a', '', { check: 'apache' }),
    /^Error: file \/etc\/a: there is no check apache; choose one of filter, logrotate, monit, nginx/,
  );
});
