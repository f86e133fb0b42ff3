/** The scripts of the workflows, on a real host: what a reviewer is told, what is refused, and what comes of it. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Finished, run } from '../../tools/lib/process.ts';
import { environment, root } from '../../tools/lib/pulumi.ts';
import { type Forge, forge, githubJob } from '../harness/forge.ts';
import type { DebianHost } from '../harness/host.ts';
import { append, chmod } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, type Stack, type StackConfig } from '../harness/stack.ts';

/** Names and lines that would be markup, code, mentions or rows, if they could. */
async function drift(host: DebianHost): Promise<void> {
  await host.exec(
    "cd /etc/keelson/sudoers.d && touch '````` @everyone **bold** <img src=x>' '<details>' \"$(printf 'a\\n~ b ~~~~')\"",
  );
  await chmod(host, '/etc/keelson/shop/environment', '0666');
  await append(
    host,
    '/etc/nginx/keelson.d/shop.conf',
    '# ```` </details><script>alert(1)</script>',
  );
}

/** Runs a script of the workflows as a job does, with the clone's own Pulumi and commands behind `npx`. */
function jobs(stack: Stack, { url }: Forge) {
  const bin = join(stack.directory, 'bin');
  const home = join(stack.directory, 'home');
  for (const each of [bin, home]) mkdirSync(each);
  const npx = `#!/bin/sh\nshift\ncase $1 in\nkeelson) shift; verb=$1; shift; exec node '${root}'/tools/cli/keelson.ts "$verb" "$@" ;;\n*) exec "$@" ;;\nesac\n`;
  writeFileSync(join(bin, 'npx'), npx);
  chmodSync(join(bin, 'npx'), 0o755);
  const base = environment({ state: join(stack.directory, 'state') });
  const env: NodeJS.ProcessEnv = { ...base, ...githubJob({ url }), HOME: home };
  // As on a machine of their own: none of the agents and variables of this one.
  delete env.SSH_AUTH_SOCK;
  delete env.GITHUB_STEP_SUMMARY;
  return async (
    script: string,
    args: string[] = [],
    more: NodeJS.ProcessEnv = {},
  ): Promise<Finished> =>
    await run('sh', [join(root, 'files/project/ci', `${script}.sh`), ...args], {
      cwd: stack.directory,
      env: { ...env, PATH: `${bin}:${env.PATH}`, ...more },
    });
}

const said = ({ code, stdout, stderr }: Finished): string => `${code}\n${stdout}${stderr}`;

/** The small app with a health check, a change, and exceptions. */
function configured(stack: Stack, app: object, more: StackConfig = {}): void {
  const { apps, server } = config(codeOf(stack)) as { apps: { shop: object }; server: object };
  stack.configure({ server, apps: { shop: { ...apps.shop, ...app } }, ...more });
}

test('a pull request is told what drifted and what would change, and `up` does it', async (t) => {
  const { host, stack } = await provisionedHost(t, { user: 'admin' });
  const api = await forge(t);
  const job = jobs(stack, api);
  await drift(host);

  // The key by an agent of the job's own.
  const login = await job('log-in', [], {
    SSH_PRIVATE_KEY: readFileSync(join(host.directory, 'id_ed25519'), 'utf8').replaceAll(
      '\n',
      '\r\n',
    ),
    SSH_KNOWN_HOSTS: readFileSync(host.knownHosts, 'utf8'),
  });
  const agent = Object.fromEntries(
    login.stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')),
  );
  assert.deepEqual(Object.keys(agent), ['SSH_AUTH_SOCK', 'SSH_AGENT_PID'], said(login));
  t.after(() => process.kill(Number(agent.SSH_AGENT_PID)));

  // A policy refuses it, and the comment says so.
  configured(stack, { bodySize: '20M' });
  const refused = await job('preview', [stack.name], agent);
  assert.equal(refused.code, 1, said(refused));
  assert.match(refused.stderr, /^failed: policies$/m);
  const [first] = api.kept;
  assert.match(
    first?.body ?? '',
    /^\*\*Policies\*\* refuse it:\n\n```\nno-health-check: apps\.shop\.health: is \/,/m,
  );

  // The same comment, changed; nothing of what others wrote is markup.
  configured(stack, { bodySize: '20M', health: '/health' });
  const good = await job('preview', [stack.name], agent);
  assert.equal(good.code, 0, said(good));
  assert.equal(api.kept.length, 1);
  const page = join(root, 'test/scenarios/review.md');
  // To be looked at, and written anew by KEELSON_WRITE=1.
  if (process.env.KEELSON_WRITE) writeFileSync(page, first?.body ?? '');
  assert.equal(first?.body, readFileSync(page, 'utf8'));
  assert.ok(!said(good).includes('a "secret" $word'));

  // From where no server can be reached: the program's changes, and no drift.
  const blind = await job('preview', [stack.name], { KEELSON_DRIFT: 'ignore' });
  assert.equal(blind.code, 0, said(blind));
  assert.match(first?.body ?? '', /^### scenario: \d+ changes?$/m);
  assert.match(first?.body ?? '', /no host was looked at/);
  configured(stack, { bodySize: '20M', health: '/health' });

  // The schedule opens an issue, and closes it once all is well.
  const found = await job('drift', [stack.name], agent);
  assert.equal(found.code, 0, said(found));
  const issue = api.kept[1];
  assert.match(
    issue?.body ?? '',
    /^! file \/etc\/keelson\/shop\/environment mode 0666 → 0640 \(drift\)$/m,
  );
  const up = await job('up', [stack.name], agent);
  assert.equal(up.code, 0, said(up));
  await assertNothingToDo(stack);
  // What stays as it is, the policies see all the same.
  const { stdout } = await stack.pulumi([
    'preview',
    '--json',
    '--show-sames',
    '--stack',
    stack.name,
  ]);
  const same = JSON.parse(stdout).steps.filter(({ op }: { op: string }) => op === 'same');
  assert.ok(same.some(({ urn }: { urn: string }) => urn.endsWith('::server-base')));
  const over = await job('drift', [stack.name], agent);
  assert.deepEqual([over.code, over.stdout, issue?.state], [0, 'closed\n', 'closed'], said(over));

  // A server that is down: the comment says so, and the job fails.
  await host.powerOff();
  const down = await job('preview', [stack.name], agent);
  assert.equal(down.code, 1, said(down));
  assert.match(first?.body ?? '', /^### scenario: the preview failed$/m);
  assert.match(first?.body ?? '', /cannot be reached/);
});
