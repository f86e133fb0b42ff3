/** What comes of each check and limit: a real Monit, and instances that misbehave in one way each. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DebianHost } from '../harness/host.ts';
import { waitFor } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { config } from '../harness/small-app.ts';
import { assertNothingToDo } from '../harness/stack.ts';

/** Each instance does what the file of its name in the directory `data` says, once that is there. */
const code = `const { createServer } = require('node:http');
const net = require('node:net');
const { openSync, closeSync, readFileSync, unlinkSync, writeFileSync } = require('node:fs');
const { Worker } = require('node:worker_threads');
const key = process.env.PORT ?? process.env.KEELSON_INSTANCE;
let does = 'well';
const kept = [];
const files = [];
const once = {
  stop: () => process.kill(process.pid, 'SIGSTOP'),
  leak: () => kept.push(Buffer.alloc(150 << 20, 1)),
  busy: () => new Worker('while (true);', { eval: true }),
  open: () => { for (let i = 0; i < 200; i++) files.push(openSync('/dev/null')); },
};
process.on('SIGHUP', () => { for (const file of files.splice(0)) closeSync(file); });
process.on('SIGTERM', () => process.exit(0));
const begun = Date.now();
setInterval(() => {
  if (does === 'well') {
    try {
      // One that was started again does it no more.
      const [told, until] = readFileSync(process.env.DATA_DIR + '/' + key, 'utf8').trim().split(' ');
      if (begun < Number(until)) { does = told; once[does]?.(); }
      else unlinkSync(process.env.DATA_DIR + '/' + key);
    } catch {}
  }
  if (does !== 'still') writeFileSync('/tmp/alive', '');
}, 200);
if (process.env.PORT)
  createServer((request, response) => {
    response.setHeader('Server-Timing', 'db;dur=3, eventloop;dur=' + (does === 'late' ? 500.5 : 12.5));
    response.statusCode = does === 'error' ? 500 : 200;
    setTimeout(() => response.end('ok'), does === 'slow' ? 3000 : 0);
  }).listen(Number(process.env.PORT), '127.0.0.1');
else if (process.env.TALKS)
  net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.end(does === 'mutter' ? '-ERR' : '+PONG'));
  }).listen(9000, '127.0.0.1');
`;

/** The command of a worker: ill for as long as its instance is told to be. */
const ping = `const { readFileSync } = require('node:fs');
let told = '';
try { told = readFileSync(process.env.DATA_DIR + '/' + process.env.KEELSON_INSTANCE, 'utf8'); } catch {}
process.exit(told.startsWith('ill') ? 1 : 0);
`;

const soon = { for: '0s' };
const rollout = { start: '15s' };

const apps = (source: string) => {
  const worker = {
    ...{ source, type: 'worker', start: 'main.js', data: ['data'], stopTimeout: '2s', rollout },
  };
  return {
    shop: {
      ...{ source, start: 'main.js', data: ['data'], stopTimeout: '2s', instances: 8 },
      domains: ['shop.example.com', 'default'],
      rollout: { ...rollout, drain: '0s', watch: '0s', answers: 1, batch: 8 },
      limits: {
        memory: { above: '150M', ...soon, do: 'restart' },
        cpu: { above: '20%', for: '5s' },
        openFiles: { above: 100, ...soon, do: 'reload' },
        responseTime: { above: '2s', ...soon },
        eventLoop: { above: '200ms', ...soon },
      },
    },
    talks: {
      ...worker,
      env: { TALKS: 'yes' },
      healthy: { tcp: { port: 9000, send: 'PING\\r\\n', expect: '+PONG' } },
    },
    beats: { ...worker, healthy: { file: { path: '/tmp/alive', age: '5s' } } },
    runs: { ...worker, healthy: { command: ['node', 'ping.js'], every: '5s' } },
    // Where the kernel holds nobody to it.
    greedy: { ...worker, healthy: { stay: '1s' }, memory: '120M' },
  };
};

type Row = {
  instance: string;
  does: string;
  /** What is said of it, in this order. */
  said: RegExp[];
  restarted: boolean;
};

const again = /^recovered: is well again$/;
const table: Row[] = [
  { instance: 'shop@3700', does: 'well', said: [], restarted: false },
  {
    instance: 'shop@3701',
    does: 'error',
    said: [/^hung: answered 500, not 200, to http:\/\/127\.0\.0\.1:3701\/ /, again],
    restarted: true,
  },
  {
    instance: 'shop@3702',
    does: 'stop',
    said: [/^hung: gave no answer to http/, again],
    restarted: true,
  },
  {
    instance: 'shop@3703',
    does: 'leak',
    said: [/^resource: uses [12]\d\dM of memory, above 150M.*; it is started again$/],
    restarted: true,
  },
  {
    instance: 'shop@3704',
    does: 'busy',
    said: [/^resource: uses \d+% of a core, above 20% for \d+ s$/],
    restarted: false,
  },
  {
    instance: 'shop@3705',
    does: 'open',
    said: [
      /^resource: has 2\d\d files and connections open, above 100; it is told to reload$/,
      /^recovered: is within its limit of openFiles again$/,
    ],
    restarted: false,
  },
  {
    instance: 'shop@3706',
    does: 'slow',
    said: [/^resource: took \d{4} ms to answer, above 2000 ms$/],
    restarted: false,
  },
  {
    instance: 'shop@3707',
    does: 'late',
    said: [/^resource: has an event loop that is 500 ms late, above 200 ms$/],
    restarted: false,
  },
  {
    instance: 'talks@1',
    does: 'mutter',
    said: [/^hung: ended the connection to 127\.0\.0\.1:9000 .*without "\+PONG"/, again],
    restarted: true,
  },
  {
    instance: 'beats@1',
    does: 'still',
    said: [/^hung: has not touched \/tmp\/alive for \d+ s/, again],
    restarted: true,
  },
  {
    instance: 'runs@1',
    does: 'ill',
    said: [/^hung: does not run, or is ill: node ping\.js/, again],
    restarted: true,
  },
  {
    instance: 'greedy@1',
    does: 'leak',
    said: [/^resource: uses [12]\d\dM of memory, above 120M.*; it is started again$/],
    restarted: true,
  },
];

const processes = async (host: DebianHost): Promise<string[]> => {
  const units = table.map(({ instance }) => `${instance}.service`).join(' ');
  const shown = await host.exec(`systemctl show -p MainPID --value ${units}`);
  return shown.split('\n').filter(Boolean);
};

/** Alerts by their subject, in order. */
async function alerts(host: DebianHost, since: number): Promise<Map<string, string[]>> {
  const said = new Map<string, string[]>();
  const lines = await host.exec(`journalctl -q -o cat -t keelson-alert --since @${since}`);
  for (const line of lines.split('\n').filter(Boolean)) {
    const [, event = '', subject = '', text = ''] = /^(\S+) ([^:]+): (.*)$/.exec(line) ?? [];
    said.set(subject, [...(said.get(subject) ?? []), `${event}: ${text}`]);
  }
  return said;
}

/** Where the kernel holds an instance to its memory, it is killed by it, and Monit has nothing to say. */
async function rows(host: DebianHost): Promise<Row[]> {
  const { code } = await host.tryExec('test -e /sys/fs/cgroup/system.slice/memory.max');
  return table.map((row) =>
    row.instance === 'greedy@1' && code === 0 ? { ...row, said: [] } : row,
  );
}

const isAsExpected = (said: readonly string[], row: Row): boolean =>
  said.length === row.said.length && row.said.every((it, at) => it.test(said[at] ?? ''));

test('each check and limit has the answer that it was given', async (t) => {
  const { host, stack } = await provisionedHost(t);
  const source = join(stack.directory, 'code');
  mkdirSync(source);
  writeFileSync(join(source, 'main.js'), code);
  writeFileSync(join(source, 'ping.js'), ping);
  const { server } = config(source);
  stack.configure({
    server: { ...(server as object), monit: { interval: '5s' } },
    apps: apps(source),
  });
  await stack.up();

  const expected = await rows(host);
  const before = await processes(host);
  const until = (await host.exec('date +%s%3N')).trim();
  await host.exec(
    table
      .map(({ instance, does }) => {
        const [app, key] = instance.split('@');
        return `echo ${does} ${until} >/srv/${app}/data/${key}`;
      })
      .join('\n'),
  );
  const deadline = Date.now() + 120_000;
  let said = await alerts(host, Math.floor(Number(until) / 1000));
  while (
    Date.now() < deadline &&
    !expected.every((row) => isAsExpected(said.get(row.instance) ?? [], row))
  ) {
    await sleep(1000);
    said = await alerts(host, Math.floor(Number(until) / 1000));
  }
  const after = await processes(host);
  for (const [at, row] of expected.entries())
    await t.test(`${row.instance}: ${row.does}`, () => {
      const told = said.get(row.instance) ?? [];
      assert.ok(isAsExpected(told, row), `said: ${told.join(' | ') || 'nothing'}`);
      assert.equal(after[at] !== before[at], row.restarted, `${before[at]} → ${after[at]}`);
    });
  // Those that were started again take what they were told away.
  const done = expected.filter(({ restarted }) => restarted).map(({ instance }) => instance);
  await waitFor(host, done.map((it) => `test ! -e /srv/${it.replace('@', '/data/')}`).join(' && '));
  await t.test('nothing of it is drift', async () => await assertNothingToDo(stack));
});
