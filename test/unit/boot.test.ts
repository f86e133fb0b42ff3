/** What is waited for before a host is looked at: its shell, with the files of cloud-init below a scratch directory. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { factsScript } from '../../components/host/script.ts';

const boot = readFileSync(new URL('../../files/host/boot.sh', import.meta.url), 'utf8');

type Given = {
  /** Files, by their paths on the host. */
  files?: Readonly<Record<string, string>>;
  /** What systemd says, one after another. */
  systemd?: string;
  /** Shell that runs at each second of waiting. */
  meanwhile?: string;
};

/** How the wait ended. Without a file of its own a host has no cloud-init. */
function waited(args: string, { files = {}, systemd = 'running', meanwhile = ':' }: Given) {
  const root = mkdtempSync(join(tmpdir(), 'keelson-boot-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const script = [
      boot.replaceAll(/(?<= )\/(?=run|var|usr)/g, `${root}/`),
      `systemctl() { echo ${systemd}; }`,
      `sleep() { ${meanwhile.replaceAll('ROOT', root)}; }`,
      `wait_for_boot ${args}`,
      'echo looked',
    ].join('\n');
    const { status, stdout, stderr } = spawnSync('sh', { input: script, encoding: 'utf8' });
    return { code: status, stdout: stdout.trim(), stderr: stderr.replaceAll(root, '').trim() };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const enabled = { '/run/cloud-init/enabled': '' };
const good = '{\n "v1": {\n  "datasource": "DataSourceEc2Local",\n  "errors": []\n }\n}\n';
const bad = good.replace('[]', '[\n   "(\'scripts_user\', 1)"\n  ]');
const log = Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n');
const looked = { code: 0, stdout: 'looked', stderr: '' };

test('a host without cloud-init, or one that has booted, is looked at at once', () => {
  const never = { meanwhile: 'exit 9' };
  assert.deepEqual(waited('240', { ...never, systemd: 'starting' }), looked);
  assert.deepEqual(waited('240', { ...never, files: enabled }), looked);
  const done = { ...enabled, '/run/cloud-init/result.json': good };
  assert.deepEqual(waited('240', { ...never, files: done, systemd: 'starting' }), looked);
});

test('what cloud-init works on is waited for', () => {
  const meanwhile = `cp ROOT/good ROOT/run/cloud-init/result.json`;
  const files = { ...enabled, '/good': good };
  for (const args of ['240', '300 made'])
    assert.deepEqual(waited(args, { files, systemd: 'starting', meanwhile }), looked);
});

test('but no longer than is said, and the end of its log is told', () => {
  const files = { ...enabled, '/var/log/cloud-init-output.log': `${log}\n` };
  const { code, stdout, stderr } = waited('3', { files, systemd: 'starting' });
  assert.deepEqual([code, stdout], [1, '']);
  assert.deepEqual(stderr.split('\n'), [
    'cloud-init is not done after 3 s; its /var/log/cloud-init-output.log ends with',
    ...log.split('\n').slice(-10),
  ]);
});

test('one that the program made is not taken for whole where cloud-init failed', () => {
  const files = { ...enabled, '/run/cloud-init/result.json': bad };
  assert.match(waited('300 made', { files }).stderr, /^cloud-init failed; its/);
  assert.match(waited('300 made', { files: enabled }).stderr, /^cloud-init ended without a result/);
  // With the kit on it, and where it was there before, it is as it was last.
  const known = { ...files, '/usr/local/sbin/keelson': '' };
  assert.deepEqual(waited('300 made', { files: known }), looked);
  assert.deepEqual(waited('240', { files }), looked);
});

test('the look waits for every host, and holds what the program made to its result', () => {
  assert.match(factsScript(), /^wait_for_boot 240$/m);
  assert.match(factsScript(600), /^wait_for_boot 600 made$/m);
});
