/** The installer, run by this machine's shell on a directory of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { installer } from '../../components/pulumi/install.ts';

const root = mkdtempSync(join(tmpdir(), 'keelson-install-'));
after(() => rmSync(root, { recursive: true }));

const program = '#!/bin/sh\nprintf "%s|" "$@"\n# ä\n';
const text = installer('r1', program)
  .replaceAll('/usr/local/sbin', `${root}/sbin`)
  .replaceAll('/var/lib/keelson', `${root}/state`)
  .replaceAll('\n  sync ', '\n  : ');

function install(input: string) {
  rmSync(join(root, 'sbin'), { recursive: true, force: true });
  mkdirSync(join(root, 'sbin'));
  return spawnSync('sh', ['-s', 'web1'], { input, encoding: 'utf8' });
}

test('the helper is put in place and told what was there', () => {
  const { status, stdout, stderr } = install(text);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  assert.equal(stdout, 'installed|r1|missing|web1|');
  assert.equal(readFileSync(join(root, 'sbin/keelson'), 'utf8'), program);
  assert.deepEqual(readdirSync(join(root, 'sbin')), ['keelson']);
});

test('one that was cut on its way is never installed, wherever it was cut', () => {
  const cuts = [...text.matchAll(/\n/g)].map(({ index }) => index + 1).slice(0, -1);
  for (const cut of [...cuts, text.length - 4, text.length - 12]) {
    install(text.slice(0, cut));
    assert.ok(!existsSync(join(root, 'sbin/keelson')), `cut at ${cut}:\n${text.slice(0, cut)}`);
  }
});

test('one that arrives damaged is refused with the remedy', () => {
  const lines = text.split('\n');
  const packed = lines.findIndex((line) => line.endsWith("<<'END'")) + 1;
  const { status, stderr } = install(lines.toSpliced(packed, 1).join('\n'));
  assert.equal(status, 1);
  assert.match(stderr, /keelson: the helper did not arrive whole; run up again\n$/);
  assert.deepEqual(readdirSync(join(root, 'sbin')), []);
});
