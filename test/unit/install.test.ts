/** What brings the helper along and puts it in place, run by this machine's shell on a directory of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { installer, parcelScript } from '../../components/pulumi/install.ts';
import { hostShell } from './host-shell.ts';

const root = mkdtempSync(join(tmpdir(), 'keelson-install-'));
after(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  for (const name of ['sbin', 'run']) {
    rmSync(join(root, name), { recursive: true, force: true });
    mkdirSync(join(root, name));
  }
});

const here = (script: string) =>
  script
    .replaceAll('/usr/local/sbin', `${root}/sbin`)
    .replaceAll('/var/lib/keelson', `${root}/state`)
    .replaceAll('/run/', `${root}/run/`)
    .replaceAll('\n  sync ', '\n  : ');

const program = '#!/bin/sh\nprintf "%s|" "$@"\n# ä\n';
const parcel = here(parcelScript(program));
const text = here(installer('r1', program));

const sh = (input: string) => spawnSync('sh', ['-s', 'web1'], { input, encoding: 'utf8' });
const installed = () => readFileSync(join(root, 'sbin/keelson'), 'utf8');
const left = () => [readdirSync(join(root, 'sbin')), readdirSync(join(root, 'run'))];

test('the helper is put in place and told what was there', () => {
  assert.equal(sh(parcel).stderr, '');
  const [name = ''] = readdirSync(join(root, 'run'));
  assert.equal(statSync(join(root, 'run', name)).mode & 0o777, 0o600);
  const { status, stdout, stderr } = sh(text);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  assert.equal(stdout, 'installed|r1|missing|web1|');
  assert.equal(installed(), program);
  assert.deepEqual(left(), [['keelson'], []]);
});

test('one that lies there already serves where nothing was brought along', () => {
  writeFileSync(join(root, 'sbin/keelson'), program);
  const { status, stdout } = sh(text);
  assert.equal(status, 0);
  assert.match(stdout, /^installed\|r1\|[a-z]+:[a-z]+:644:[0-9a-f]{64} {2}-\|web1\|$/);
  assert.deepEqual(left(), [['keelson'], []]);
});

test('an installation that was cut on its way does nothing, wherever it was cut', () => {
  sh(parcel);
  const cuts = [...text.matchAll(/\n/g)].map(({ index }) => index + 1).slice(0, -1);
  for (const cut of [...cuts, text.length - 4, text.length - 12]) {
    sh(text.slice(0, cut));
    assert.ok(!existsSync(join(root, 'sbin/keelson')), `cut at ${cut}:\n${text.slice(0, cut)}`);
  }
});

test('one that was cut on its way, is damaged or another is refused with the remedy', () => {
  const lines = parcel.split('\n');
  const packed = lines.findIndex((line) => line.endsWith("<<'END'")) + 1;
  const damaged = lines.toSpliced(packed, 1).join('\n');
  const before = [...parcel.matchAll(/\n/g)].map(({ index }) => parcel.slice(0, index + 1));
  for (const script of ['', ...before.slice(0, -1), damaged])
    for (const there of [undefined, 'another']) {
      if (there) writeFileSync(join(root, 'sbin/keelson'), there);
      sh(script);
      const { status, stderr } = sh(text);
      assert.equal(status, 1, script);
      assert.equal(stderr, 'keelson: the helper did not arrive whole; run up again\n');
      assert.deepEqual(readdirSync(join(root, 'sbin')), there ? ['keelson'] : []);
      if (there) assert.equal(installed(), there);
      rmSync(join(root, 'sbin/keelson'), { force: true });
    }
});

test('of one that cannot be unpacked, as where there is no room, nothing stays', () => {
  const { status, stderr } = sh(parcel.replace("<<'END'\n", '$&!'));
  assert.equal(status, 1);
  assert.match(stderr, /^base64: /);
  assert.deepEqual(left(), [[], []]);
});

test('what was brought along and not installed goes with the helper', () => {
  const removed = hostShell(`STATE=$(mktemp -d) && : >"$work/said"
is_mine() { :; }
destroy() { :; }
put_back_asides() { :; }
rm() { printf 'rm %s\n' "$*"; }
uninstall`);
  assert.match(removed, /^rm -rf .* \/run\/keelson-helper\.\* .*\/usr\/local\/sbin\/keelson$/m);
});
