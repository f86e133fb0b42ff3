import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLine } from '../../../components/app/command.ts';
import { complaints, shop } from '../shop.ts';

test('a script, its arguments, an own Node.js, or something else', () => {
  const node = { version: '24.1.0', path: 'n.tgz', sha256: '0'.repeat(64) };
  const exec = (...words: string[]) => ({ start: undefined, exec: words });
  const table: [object, string][] = [
    [{}, '/usr/bin/node server.js'],
    [
      { args: ['--verbose', 'a=b'], nodeArgs: ['--expose-gc'] },
      '/usr/bin/node --expose-gc server.js --verbose a=b',
    ],
    [{ node }, '/opt/keelson/node/24.1.0/bin/node server.js'],
    [{ ...exec('node', 'dist/a.js'), node }, '/opt/keelson/node/24.1.0/bin/node dist/a.js'],
    [
      { ...exec('node', 'a.js'), nodeArgs: ['--expose-gc'], sandbox: { jit: false } },
      '/usr/bin/node --jitless --expose-gc a.js',
    ],
    [{ sandbox: { jit: false } }, '/usr/bin/node --jitless server.js'],
    [exec('bin/serve', '-p', '1'), '/srv/shop/current/bin/serve -p 1'],
    [exec('/usr/bin/env', 'x'), '/usr/bin/env x'],
  ];
  for (const [given, wanted] of table) assert.equal(commandLine(shop(given)), wanted);
});

test('one of start and exec is given', () => {
  const missing =
    'start is missing; give the script that Node.js runs, or another command as `exec`';
  for (const type of ['web', 'worker']) {
    const others = { type, ...(type === 'worker' && { domains: undefined }) };
    assert.deepEqual(
      complaints(others).filter((it) => it.startsWith('start')),
      [missing],
    );
    assert.deepEqual(
      complaints({ ...others, start: 'a.js', exec: ['a'] }).filter((it) => it.startsWith('exec')),
      ['exec is given beside start; keep one of them'],
    );
  }
  assert.deepEqual(complaints({ exec: ['a'] }), []);
  assert.deepEqual(complaints({ exec: [] }), ['exec is empty; give a command']);
  for (const out of ['bin/../../other/x', '../x', '/srv/shop/../x'])
    assert.deepEqual(complaints({ exec: [out] }), [
      'exec.0 leads out of where it begins, by ..; write an absolute path, or one inside the app',
    ]);
  assert.deepEqual(complaints({ exec: ['./bin/x', '../data'] }), []);
});
