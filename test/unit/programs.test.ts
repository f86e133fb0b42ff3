/** Programs of the host that apps run: what is missing is told before anything is changed. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';
import { scratchDirectory } from './scratch.ts';

const tabs = (...parts: string[]): string => parts.join('\t');
const rollout = (program?: string): string =>
  tabs('rollout', 'shop', 'current=c3', ...(program ? [`@program=${program}`] : []), '@unit=1');

/** What is told of these items, on a host where this was seen. */
const told = (items: string[], observed: string[] = []): string =>
  hostShell(`observed='${observed.join('\n')}'; missing_programs "$(cat)"`, {
    input: items.join('\n'),
  });

test('a program that is not there is told, with the remedy', () => {
  const settled = [
    tabs('package', 'curl', 'state=installed'),
    tabs('user', 'shop', 'state=missing'),
  ];
  assert.equal(
    told([rollout('/usr/bin/no-such')], settled),
    `${tabs('rollout', 'shop', 'foreign=cannot run /usr/bin/no-such, which is not on this server; name the package that brings it in `packages`, or put it there')}\n`,
  );
  assert.equal(told([rollout('/bin/sh'), rollout()], settled), '');
});

test('while a package is to come, which may bring it, nothing is told', () => {
  const coming = [tabs('package', 'python3', 'state=missing')];
  assert.equal(told([rollout('/usr/bin/no-such')], coming), '');
});

test('the check of a unit tells it too, before systemd does without a remedy', () => {
  const units = scratchDirectory('programs');
  const checked = (start: string): string => {
    writeFileSync(join(units, 'shop@.service'), `[Service]\nExecStart=${start} --port 1\n`);
    return hostShell(`OWN_UNITS=${units} work=${units}
: >"$work/items"
(look_ahead shop@3700.service) 2>&1 || :`);
  };
  assert.match(
    checked('/usr/bin/no-such'),
    /shop runs \/usr\/bin\/no-such, which is not on this server; name the package that brings it/,
  );
  for (const good of ['/bin/sh', '/srv/shop/current/bin/serve']) assert.equal(checked(good), '');
});
