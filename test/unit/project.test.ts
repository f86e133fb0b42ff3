/** What a project copies: workflows and their scripts, run with an npx that only notes what it was asked. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const templates = join(root, 'files/project');
const read = (path: string): string => readFileSync(join(templates, path), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'keelson-project-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** Which arguments of npx fail, and what others print, as cases of the shell. It is never let ask a registry. */
function npx(cases = ''): void {
  writeFileSync(
    join(directory, 'npx'),
    `#!/bin/sh\n[ "$1" = --no ] || exit 9\nshift\necho "$*" >>'${directory}/calls'\ncase "$*" in\n${cases}\nesac\n`,
  );
  chmodSync(join(directory, 'npx'), 0o755);
}

beforeEach(() => {
  rmSync(directory, { recursive: true, force: true });
  cpSync(templates, directory, { recursive: true });
  npx();
});

type Variables = Record<string, string>;

function shell(script: string, env: Variables = {}) {
  const result = spawnSync('bash', ['-e', '-c', script], {
    cwd: directory,
    env: { PATH: `${directory}:${process.env.PATH}`, HOME: directory, ...env },
    encoding: 'utf8',
  });
  const calls = existsSync(join(directory, 'calls'))
    ? readFileSync(join(directory, 'calls'), 'utf8')
    : '';
  // Names of temporary files differ each time.
  return {
    ...result,
    calls: calls
      .replace(/\/\S*\/tmp\.\w+\//g, '')
      .trimEnd()
      .split('\n'),
  };
}

type Step = { uses?: string; run?: string; name?: string; if?: string };
type Job = { steps?: Step[]; uses?: string; script?: string[]; before_script?: string[] };

const workflows = globSync('.github/workflows/*.yml', { cwd: templates }).sort();
const stepsOf = (path: string): Step[] =>
  Object.values((parse(read(path)) as { jobs: Record<string, Job> }).jobs).flatMap(
    ({ steps = [] }) => steps,
  );
const runOf = (workflow: string, name: string): string =>
  stepsOf(`.github/workflows/${workflow}.yml`).find((step) => step.name === name)?.run ?? '';

const touchedBy =
  stepsOf('.github/workflows/up.yml').find(({ run = '' }) => run.includes('GITHUB_OUTPUT'))?.run ??
  '';

test('actions of others are pinned by commit, with their version beside it', () => {
  const files = [...workflows, '.github/actions/keelson/action.yml'];
  const uses = files.flatMap((path) => [...read(path).matchAll(/uses: (\S+)(.*)$/gm)]);
  const others = uses.filter(([, action = '']) => !action.startsWith('./'));
  assert.ok(others.length > 5);
  for (const [, action = '', comment = ''] of others) {
    assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    assert.match(comment, /^ # v\d+\.\d+\.\d+$/);
  }
  const versions = new Set(others.map(([, action, comment]) => `${action}${comment}`));
  assert.equal(versions.size, new Set(others.map(([, action = '']) => action.split('@')[0])).size);
});

test('a workflow begins without permissions, and none runs with secrets for a fork', () => {
  for (const path of workflows) {
    const { permissions, on, jobs } = parse(read(path));
    assert.deepEqual(permissions, {}, path);
    assert.ok(!JSON.stringify(on).includes('pull_request_target'), path);
    if (!JSON.stringify(on).includes('pull_request')) continue;
    for (const job of Object.values(jobs) as (Job & { if?: string })[])
      if (JSON.stringify(job).includes('secrets.'))
        assert.match(
          job.if ?? '',
          /^github\.event\.pull_request\.head\.repo\.full_name == github\.repository &&/,
        );
  }
});

test('what comes from outside reaches a shell as a variable alone', () => {
  const runs = [
    ...workflows.flatMap(stepsOf),
    ...parse(read('.github/actions/keelson/action.yml')).runs.steps,
  ];
  assert.deepEqual(
    (runs as Step[]).filter(({ run = '' }) => run.includes('${{')),
    [],
  );
});

test('code is built before anything is logged in', () => {
  const { steps } = parse(read('.github/actions/keelson/action.yml')).runs;
  const build = steps.findIndex(({ run = '' }: Step) => run.includes('npm run build --if-present'));
  assert.deepEqual([build, steps[build].env], [1, undefined]);
  for (const job of ['.packages', '.log-in'])
    assert.match(lines(job, 'before_script'), /^npm ci && npm run build --if-present(\n|$)/);
});

test('the checks read each stack file, and name those that are wrong', () => {
  npx(
    `'keelson review stacks'*) echo '["staging","production"]' ;; 'keelson config staging') exit 1 ;;`,
  );
  const { status, stderr, calls } = shell('sh ci/check.sh');
  assert.deepEqual([status, stderr], [1, 'failed: staging\n']);
  assert.deepEqual(calls, [
    'keelson review stacks',
    'keelson config staging',
    'keelson config production',
  ]);
  for (const checks of [
    stepsOf('.github/workflows/preview.yml'),
    parse(read('.gitlab-ci.yml')).checks.script,
  ])
    assert.ok(JSON.stringify(checks).includes('sh ci/check.sh'));
});

test('GitHub: the preview is of the stacks that the change touches', () => {
  npx(`'keelson review stacks'*) echo '["staging","production"]' ;;`);
  const env = { GITHUB_BASE_REF: 'main', KEELSON_STACKS: 'staging,production' };
  const { status, stderr, calls } = shell(runOf('preview', 'Preview'), env);
  assert.equal(status, 0, stderr);
  assert.deepEqual(calls, [
    'keelson review stacks --since origin/main --of staging,production',
    'pulumi version',
    'pulumi preview --json --show-sames --non-interactive --stack staging',
    'pulumi preview --json --show-sames --non-interactive --stack production',
    'keelson review comment production.json staging.json',
    'keelson review post comment.md',
    'keelson policy production.json staging.json',
  ]);
});

test('GitHub: up is of what a push touches, and of all stacks where nobody knows', () => {
  npx(`'keelson review stacks'*) echo '["staging"]' ;;`);
  const output = join(directory, 'output');
  for (const [before, commit] of [
    ['abc', 'abc'],
    ['', 'none'],
  ] as const) {
    rmSync(join(directory, 'calls'), { force: true });
    rmSync(output, { force: true });
    const { calls } = shell(touchedBy, { GITHUB_OUTPUT: output, BEFORE: before });
    assert.deepEqual(calls, [`keelson review stacks --before ${commit}`]);
    assert.equal(readFileSync(output, 'utf8'), 'stacks=["staging"]\n');
  }
});

test('a change that touches no stack only corrects the comment that is there', () => {
  npx(`'keelson review stacks'*) echo '[]' ;;`);
  const { status, calls } = shell(runOf('preview', 'Preview'), {
    GITHUB_BASE_REF: 'main',
    KEELSON_STACKS: 'a',
  });
  assert.equal(status, 0);
  assert.deepEqual(calls.slice(2), [
    'keelson review comment',
    'keelson review post --update-only comment.md',
  ]);
});

test('a preview or a policy that fails, fails the job after the comment is posted', () => {
  npx(`pulumi*staging) exit 1 ;; 'keelson policy'*) exit 1 ;;`);
  const { status, stderr, calls } = shell('sh ci/preview.sh staging production');
  assert.deepEqual([status, stderr], [1, 'failed: staging policies\n']);
  assert.ok(calls.includes('keelson review post comment.md'));
});

test('from where no server can be reached, previews do not look', () => {
  const { calls } = shell('sh ci/preview.sh staging', { KEELSON_DRIFT: 'ignore' });
  assert.equal(calls[1], 'pulumi config set keelson:drift ignore --stack staging');
});

test('up is not run where a policy refuses, nor where the preview fails', () => {
  const { calls, status } = shell(runOf('up-stack', 'Up'), { STACK: 'staging' });
  const version = 'pulumi version';
  const [preview, policy, up] = [
    'pulumi preview --json --show-sames --non-interactive --stack staging',
    'keelson policy staging.json',
    'pulumi up --yes --skip-preview --non-interactive --stack staging',
  ];
  assert.deepEqual([status, calls], [0, [version, preview, policy, up]]);
  for (const [bad, until] of [
    [`'keelson policy'*`, [version, preview, policy]],
    // What is wrong stands in the JSON, so that it is told.
    ["'pulumi preview'*", [version, preview, 'keelson review comment staging.json']],
  ] as const) {
    rmSync(join(directory, 'calls'));
    npx(`${bad}) exit 1 ;;`);
    const refused = shell('sh ci/up.sh staging');
    assert.deepEqual([refused.status, refused.calls], [1, until]);
  }
  assert.match(shell('sh ci/up.sh').stderr, /usage: sh ci\/up\.sh STACK/);
});

test('the schedule posts what drifted, and closes nothing where a server could not be looked at', () => {
  const script = runOf('drift', 'Look for drift');
  const good = shell(script);
  assert.equal(good.status, 0);
  assert.equal(good.calls.at(-1), 'keelson review post --issue issue.md');
  rmSync(join(directory, 'calls'));
  npx(`pulumi*staging) exit 1 ;;`);
  const bad = shell(script);
  assert.deepEqual([bad.status, bad.stderr], [1, 'failed: staging\n']);
  assert.ok(!bad.calls.some((call) => call.startsWith('keelson review post')));
});

test('nothing is closed, posted or let pass where keelson itself fails', () => {
  npx(`'keelson review'*) exit 1 ;;`);
  for (const script of [
    runOf('drift', 'Look for drift'),
    'sh ci/preview.sh staging',
    'sh ci/check.sh',
    touchedBy,
  ]) {
    rmSync(join(directory, 'calls'), { force: true });
    const { status, calls } = shell(script, { GITHUB_OUTPUT: join(directory, 'output') });
    assert.equal(status, 1, script);
    assert.match(calls.at(-1) ?? '', /^keelson review (drift|comment|stacks)/);
  }
});

test('Pulumi is there before its standard output is taken for a preview', () => {
  // As the package `pulumi` does where it downloads itself first.
  npx(
    `*) [ -e '${directory}/there' ] || echo '=== Installing Pulumi ==='; touch '${directory}/there' ;;`,
  );
  for (const script of ['preview', 'up', 'drift']) {
    rmSync(join(directory, 'there'), { force: true });
    const { stdout, stderr } = shell(`sh ci/${script}.sh staging`);
    assert.deepEqual([stdout, stderr], ['', '=== Installing Pulumi ===\n'], script);
  }
});

test('without a key, host keys or a role, logging in does nothing', () => {
  const { status, stdout, stderr } = shell('sh ci/log-in.sh', {
    SSH_PRIVATE_KEY: '',
    AWS_ID_TOKEN: 'x',
  });
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
  assert.ok(!existsSync(join(directory, '.ssh')));
});

test('host keys, and GitLab’s token for AWS, are where ssh and AWS look for them', () => {
  const given = {
    SSH_KNOWN_HOSTS: 'web1 ssh-ed25519 AAAA',
    AWS_ID_TOKEN: 'a token',
    AWS_ROLE_ARN: 'arn:x',
  };
  const { stdout } = shell('sh ci/log-in.sh', given);
  assert.equal(
    readFileSync(join(directory, '.ssh/known_hosts'), 'utf8'),
    'web1 ssh-ed25519 AAAA\n',
  );
  const [, path = ''] = /^AWS_WEB_IDENTITY_TOKEN_FILE=(\S+)\n$/.exec(stdout) ?? [];
  assert.equal(readFileSync(path, 'utf8'), 'a token');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  rmSync(path);
});

test('a key that cannot be read fails the job, is not shown, and leaves no agent', () => {
  const agent = spawnSync('sh', ['-c', 'command -v ssh-agent'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(
    join(directory, 'ssh-agent'),
    `#!/bin/sh\necho "ssh-agent $*" >>'${directory}/calls'\nexec ${agent} "$@"\n`,
  );
  chmodSync(join(directory, 'ssh-agent'), 0o755);
  const { status, stdout, stderr, calls } = shell('sh ci/log-in.sh', { SSH_PRIVATE_KEY: 'no key' });
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(
    stderr,
    /^SSH_PRIVATE_KEY: is no private key without a passphrase; give the text of one$/m,
  );
  assert.doesNotMatch(stderr, /no key/);
  assert.deepEqual(calls, ['ssh-agent -s', 'ssh-agent -k']);
});

const gitlab = parse(read('.gitlab-ci.yml')) as Record<string, Job>;
const jobs = Object.entries(gitlab).filter(([, job]) => job?.script ?? job?.before_script);
const lines = (name: string, part: 'script' | 'before_script' = 'script'): string =>
  (gitlab[name]?.[part] ?? []).join('\n');

test('GitLab: shellcheck finds nothing wrong with what runs', () => {
  assert.ok(jobs.length > 4);
  for (const [name] of jobs) {
    const script = `#!/bin/bash\n${lines(name, 'before_script')}\n${lines(name)}\n`;
    // Names of stacks are split on purpose.
    const { status, stdout } = spawnSync('shellcheck', ['--exclude=SC2046', '-'], {
      input: script,
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout], [0, ''], name);
  }
});

test('GitLab: the preview, up and the look for drift are those of GitHub', () => {
  npx(`'keelson review stacks'*) echo '["staging"]' ;;`);
  const env = {
    KEELSON_STACKS: 'staging,production',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: 'abc',
    CI_COMMIT_BEFORE_SHA: 'def',
  };
  const preview = shell(lines('preview'), env).calls;
  assert.equal(preview[0], 'keelson review stacks --since abc --of staging,production');
  assert.equal(preview[2], 'pulumi preview --json --show-sames --non-interactive --stack staging');
  rmSync(join(directory, 'calls'));
  assert.equal(
    shell(lines('.up'), { ...env, CI_JOB_NAME: 'staging' }).calls.at(-1),
    'pulumi up --yes --skip-preview --non-interactive --stack staging',
  );
  rmSync(join(directory, 'calls'));
  const untouched = shell(lines('.up'), { ...env, CI_JOB_NAME: 'production' });
  assert.deepEqual(
    [untouched.stdout, untouched.calls],
    ['production is not touched\n', ['keelson review stacks --before def']],
  );
  rmSync(join(directory, 'calls'));
  assert.deepEqual(shell(lines('drift'), env).calls.slice(1, 3), [
    'pulumi preview --json --non-interactive --stack staging',
    'pulumi preview --json --non-interactive --stack production',
  ]);
});

test('GitLab: what logging in prints becomes variables of the job', () => {
  writeFileSync(join(directory, 'npm'), '#!/bin/sh\n');
  chmodSync(join(directory, 'npm'), 0o755);
  const env = { AWS_ID_TOKEN: 'a token', AWS_ROLE_ARN: 'arn:x' };
  const script = `${lines('.log-in', 'before_script')}\nsh -c 'cat "$AWS_WEB_IDENTITY_TOKEN_FILE"; rm "$AWS_WEB_IDENTITY_TOKEN_FILE"'`;
  assert.equal(shell(script, env).stdout, 'a token');
});
