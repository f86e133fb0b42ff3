/** An app whose code somebody took over: a real one, deployed by the kit, that does whatever it is told. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianHost } from '../../harness/host.ts';
import type { Stack } from '../../harness/stack.ts';

/** How it answers who asks for its health, or what it does at its start. */
export type Manner = 'well' | 'flood' | 'drip' | 'holes';

const server = (manner: Manner): string => `import { execFile } from 'node:child_process';
import { ftruncateSync } from 'node:fs';
import { createServer } from 'node:http';

let manner = '${manner}';
const block = Buffer.alloc(1 << 20, 'a');
const manners = {
  well: (response) => response.end('ok\\n'),
  // Without an end.
  flood: (response) => {
    const more = () => { while (!response.destroyed && response.write(block)); };
    response.on('drain', more);
    more();
  },
  // A header each second, without an end.
  drip: (response) => {
    const { socket } = response;
    socket.write('HTTP/1.1 200 OK\\r\\n');
    const timer = setInterval(() => socket.write('X-A: b\\r\\n'), 1000);
    socket.on('close', () => clearInterval(timer));
    socket.on('error', () => {});
  },
};

if (manner === 'holes') {
  console.log('its last words');
  ftruncateSync(1, 2 ** 31);
  process.exit(3);
}

createServer(async (request, response) => {
  if (request.url === '/health') return manners[manner](response);
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString();
  const [program, option] = { '/shell': ['/bin/sh', '-c'], '/node': [process.execPath, '-e'] }[request.url] ?? [];
  if (request.url === '/manner') manner = body;
  if (!program) return response.end('done\\n');
  const all = { cwd: process.env.DATA_DIR, maxBuffer: 1 << 24 };
  execFile(program, [option, body], all, (error, stdout, stderr) =>
    response.end(JSON.stringify({ code: error ? (error.code ?? 1) : 0, stdout, stderr })));
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** Writes its code, and gives the directory. */
export function hostileCode(stack: Stack, manner: Manner = 'well'): string {
  const directory = join(stack.directory, `hostile-${manner}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(directory, 'server.js'), server(manner));
  return directory;
}

/** What the app does as itself, in its sandbox: in a shell, or in Node.js. */
export async function asApp(
  host: DebianHost,
  how: 'shell' | 'node',
  text: string,
  port = 3700,
): Promise<string> {
  const asked = `curl -sS --max-time 100 --data-binary @- http://127.0.0.1:${port}/${how}`;
  const { code, stdout, stderr } = JSON.parse(await host.exec(asked, { input: text }));
  assert.equal(code, 0, `${text}:\n${stdout}${stderr}`);
  return stdout;
}

/** From now on the app answers in this manner. */
export const behave = (host: DebianHost, manner: Manner, port = 3700): Promise<string> =>
  host.exec(`curl -sS -d ${manner} http://127.0.0.1:${port}/manner`);
