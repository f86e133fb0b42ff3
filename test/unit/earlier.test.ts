import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { root } from '../../tools/lib/pulumi.ts';
import { commits, fixture, packed } from '../harness/earlier.ts';

for (const commit of commits)
  test(`what is packed of ${commit} is what that commit has`, (t) => {
    const options = { cwd: root, maxBuffer: 2 ** 26 };
    if (spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], options).status !== 0)
      return t.skip('this clone does not have the commit: git fetch --unshallow');
    const archive = execFileSync(
      'git',
      ['-c', 'tar.umask=0002', 'archive', '--format=tar', commit, ...packed],
      options,
    );
    assert.ok(gunzipSync(readFileSync(fixture(commit))).equals(archive));
  });
