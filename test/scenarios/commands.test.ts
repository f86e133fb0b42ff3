/** What people type every day, over all servers of a stack; and that no line of a log is lost or torn. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { root } from '../../tools/lib/pulumi.ts';
import { said } from '../../tools/lib/pulumi-run.ts';
import { mainPids, waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { changed, type Stack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { visit } from '../load/visitors.ts';

/** Starts a command as it is typed in the stack's project. */
function begin(stack: Stack, ...args: string[]) {
  const { SSH_AUTH_SOCK: _, ...env } = process.env;
  const command = [join(root, 'tools/cli/keelson.ts'), ...args];
  const child = spawn(process.execPath, command, { cwd: stack.directory, env });
  const ended = new Promise<number>((done) => child.once('close', (code) => done(code ?? 255)));
  return { child, ended };
}

async function typed(stack: Stack, args: string[], input = '') {
  const { child, ended } = begin(stack, ...args);
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

const count = 4000;

/** The numbers of the lines that are whole, each as often as it is there; and how many others begin like one. */
function counted(log: string): { once: number; others: string[] } {
  const lines = log.split('\n').filter((line) => /n=\d+ /.test(line.slice(0, 100)));
  const numbers = lines.map((line) => /\bn=(\d+) (x*) end=\1$/.exec(line)?.[1]);
  const others = lines.filter((_, index) => numbers[index] === undefined);
  const unique = new Set(numbers.filter((it) => it !== undefined));
  return { once: numbers.length === unique.size ? unique.size : -1, others };
}

test('everyday commands', { timeout: 600_000 }, async (t: TestContext) => {
  const { host, stack } = await provisionedHost(t, { user: 'admin', cpus: 2 });
  const { server, apps } = config(codeOf(stack)) as { server: object; apps: { shop: object } };
  const source = join(stack.directory, 'talker');
  cpSync(join(root, 'test/apps/talker'), source, { recursive: true });
  const app = (port: number, more: object) => ({
    ...{ source, start: 'server.js', port, instances: 2, ...more },
    rollout: { drain: '2s', start: '20s', watch: '0s', answers: 1 },
  });
  const all = {
    ...apps,
    talker: app(4300, { domains: ['talker.example.com'], env: { WORD: 'of the app' } }),
    filer: app(4400, { domains: ['filer.example.com'], instances: 1, logs: { to: 'files' } }),
  };
  const talkers = ['talker@4300.service', 'talker@4301.service'];
  const write = (name: string) =>
    host.exec(
      `curl -sS -H 'Host: ${name}.example.com' 'http://127.0.0.1/write?from=0&count=${count}'`,
    );

  await inOrder(t, [
    [
      'logs have all since the first line of the start-up',
      async () => {
        stack.configure({ server: { ...server, nginx: { accessLog: 'json' } }, apps: all });
        await stack.up();
        const { code, stdout, stderr } = await typed(stack, ['logs', 'scenario', 'talker']);
        assert.deepEqual([code, stderr], [0, '']);
        for (const key of [4300, 4301])
          assert.match(stdout, new RegExp(`^\\S+Z talker@${key} first line$`, 'm'));
        const none = await typed(stack, ['logs', 'scenario', 'talker', '--grep', 'Nothing']);
        assert.deepEqual(none, { code: 0, stdout: '', stderr: '' });
      },
    ],
    [
      'logs are followed until Ctrl-C',
      async () => {
        const { child, ended } = begin(stack, 'logs', 'scenario', 'talker', '-f', '-n', '0');
        await waitFor(host, 'pgrep -x journalctl');
        let seen = '';
        child.stdout.on('data', (chunk) => {
          seen += chunk;
          if (/talker@4301 first line\n/.test(seen)) child.kill('SIGINT');
        });
        await host.exec('systemctl restart talker@4301');
        assert.equal(await ended, 0);
        await waitFor(host, '! pgrep -x journalctl');
      },
    ],
    [
      'each line is in the journal once and whole, over its rotations and 100 kB long',
      async () => {
        await write('talker');
        for (let i = 0; i < 5; i++) await host.exec('sleep 0.4; journalctl --rotate');
        await host.exec('sleep 1; journalctl --sync');
        const { stdout } = await typed(stack, ['logs', 'scenario', 'talker', '--since', '1h']);
        assert.deepEqual(counted(stdout), { once: count, others: [] });
      },
    ],
    [
      'each line is in a log file once and whole, over its rotations',
      async () => {
        await write('filer');
        const rotate = 'logrotate -f -s /tmp/state /etc/keelson/logrotate.d/filer.conf';
        for (let i = 0; i < 8; i++) await host.exec(`sleep 0.2; ${rotate}`);
        const log = await host.exec(
          'sleep 1; cd /var/log/filer; for f in 4400.log.*.gz; do zcat "$f"; done; cat 4400.log.1 4400.log',
        );
        assert.deepEqual(counted(log), { once: count, others: [] });
        assert.equal(
          await host.exec('systemctl show -p FreezerState --value filer@4400'),
          'running\n',
        );
        const { stdout } = await typed(stack, ['logs', 'scenario', 'filer', '-n', '2']);
        assert.match(stdout, new RegExp(`^filer@4400 n=${count - 1} x* end=${count - 1}$`, 'm'));
      },
    ],
    [
      'the access log is JSON, with the time and the instance of each request',
      async () => {
        const last = await host.exec('tail -n 1 /var/log/nginx/filer.access.log');
        const { request, status, seconds, instance } = JSON.parse(last);
        assert.match(request, /^GET \/write\?from=0&count=\d+ HTTP\/1\.1$/);
        assert.deepEqual([status, typeof seconds, instance], [200, 'number', '127.0.0.1:4400']);
      },
    ],
    [
      'restart starts all anew, and no visitor waits',
      async () => {
        const before = await mainPids(host, ...talkers);
        const visitors = visit(host, 'talker.example.com');
        const { code, stdout } = await typed(stack, ['restart', 'scenario', 'talker']);
        const seen = await visitors.leave();
        t.diagnostic(JSON.stringify(seen));
        assert.equal(code, 0);
        assert.match(
          stdout,
          /^change rollout talker 4300 restarted in .* s\n.* 4301 restarted in .* s\n$/,
        );
        const after = await mainPids(host, ...talkers);
        assert.deepEqual(
          after.filter((pid) => before.includes(pid)),
          [],
        );
        assert.equal(changed(await stack.preview()).length, 0);
      },
    ],
    [
      'run is the app: its user, environment, sandbox and release; with input, and its exit code',
      async () => {
        const run = (command: string[], input?: string) =>
          typed(stack, ['run', 'scenario', 'talker', '--', ...command], input);
        const script = 'id -un; echo "$WORD"; pwd; cat; touch /etc/x; exit 7';
        const { code, stdout, stderr } = await run(['sh', '-c', script], 'given\n');
        assert.equal(code, 7);
        assert.match(stdout, /^talker\nof the app\n\/srv\/talker\/releases\/\w{64}\ngiven\n$/);
        assert.match(stderr, /cannot touch '\/etc\/x': Read-only file system/);
        const literal = await run(['printf', '%s|', "it's", '$HOME', '%n', 'a  b']);
        assert.equal(literal.stdout, "it's|$HOME|%n|a  b|");
        const journal = await host.exec('journalctl -o cat -u "keelson_run@*"');
        assert.doesNotMatch(journal, /printf/);
      },
    ],
    [
      'run ends with whoever typed it',
      async () => {
        const { child } = begin(stack, 'run', 'scenario', 'talker', '--', 'sleep', '6543');
        await waitFor(host, 'pgrep -f "^sleep 6543"');
        child.kill('SIGKILL');
        await waitFor(host, '! pgrep -f "^sleep 6543"');
        await waitFor(host, '! ls -d /run/systemd/system/keelson_run@*');
      },
    ],
    [
      'rollback is at once, and the next up keeps it',
      async () => {
        const code = readFileSync(join(source, 'server.js'), 'utf8');
        writeFileSync(join(source, 'server.js'), code.replace('first line', 'first of the second'));
        await stack.up();
        const back = await typed(stack, ['rollback', 'scenario', 'talker']);
        assert.deepEqual([back.code, back.stderr], [0, '']);
        assert.match(back.stdout, /^change rollout talker current \w{8} → \w{8}$/m);
        const { stdout } = await typed(stack, ['releases', 'scenario', 'talker']);
        assert.match(
          stdout,
          /^server +\w{8,} +kept .*\nserver +\w{8,} +current .* admin from \S+$/m,
        );
        const before = await mainPids(host, ...talkers);
        assert.doesNotMatch(said(await stack.up()), /drift|rollout/);
        assert.deepEqual(await mainPids(host, ...talkers), before);
        const wrong = await typed(stack, ['rollback', 'scenario', 'talker', 'abc']);
        assert.match(
          wrong.stderr,
          /talker: there is no release abc alone on server; kept there: \w{8}/,
        );
        assert.equal(wrong.code, 1);
      },
    ],
    [
      'status has a line for each instance, and is JSON for programs',
      async () => {
        const { code, stdout } = await typed(stack, ['status', 'scenario']);
        assert.equal(code, 0);
        assert.match(stdout, /^server {2}Debian .*, load \S+, memory \d+%/);
        assert.match(stdout, /^app +instance +release +state +↺ +uptime +cpu +memory +health$/m);
        assert.match(stdout, /^talker +4301 +\w{8} +active +\d+ +\d+\w /m);
        const json = await typed(stack, ['status', 'scenario', '--json']);
        assert.equal(JSON.parse(json.stdout).server.version, 1);
      },
    ],
    [
      'ssh is a shell there',
      async () => {
        const { code, stdout } = await typed(stack, ['ssh', 'scenario'], 'id -un; exit 4\n');
        assert.deepEqual([code, stdout.includes('admin\n')], [4, true]);
      },
    ],
    [
      'a server that is down is told, and keeps the other from answering no less',
      async () => {
        const away = { address: '127.0.0.1', port: 9, knownHosts: host.knownHosts };
        const here = { address: host.address, user: 'admin', knownHosts: host.knownHosts };
        const file = { 'keelson:servers': { away, here }, 'keelson:apps': all };
        writeFileSync(stack.file, JSON.stringify({ config: file }));
        const { code, stdout, stderr } = await typed(stack, [
          'logs',
          'scenario',
          'talker',
          '-n',
          '1',
        ]);
        assert.equal(code, 1);
        assert.match(stdout, /^\S+Z here talker@430\d /);
        assert.match(stderr, /^server away \(\S+\): /);
      },
    ],
  ]);
});
