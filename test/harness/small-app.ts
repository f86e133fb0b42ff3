/** One small app with all that an app can have, and a server that has an item of each kind. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack, StackConfig } from './stack.ts';

const server = `import { createServer } from 'node:http';
const server = createServer((_request, response) => response.end('ok\\n'));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

/** Writes the app's code: a file, a program, a link and a directory of each kind. */
export function writeCode(directory: string, mark = '1'): string {
  for (const name of ['lib', 'bin', 'assets'])
    mkdirSync(join(directory, name), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write('package.json', '{ "type": "module" }\n');
  write('server.js', server);
  write('lib/a.js', `export const a = ${mark};\n`);
  write('bin/task', '#!/bin/sh\necho task\n');
  write('assets/site.css', 'body { margin: 0 }\n');
  chmodSync(join(directory, 'bin/task'), 0o755);
  symlinkSync('lib/a.js', join(directory, 'main.js'));
  return directory;
}

const deployKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEu5Yk2mTq8Q7v1b0y0u3rVw6mXnJ4c2s9d8f7g6h5j4 ci@example.com';

/** A stack file that has an item of each kind. Monit looks seldom, lest it repairs what was damaged. */
export const config = (source: string): StackConfig => ({
  server: {
    hostname: 'web1',
    timezone: 'Europe/Berlin',
    deploy: { keys: [deployKey] },
    monit: { interval: '5m' },
  },
  apps: {
    shop: {
      source,
      start: 'server.js',
      domains: ['shop.example.com', 'default'],
      static: { '/assets': 'assets' },
      uploads: { '/media': 'media' },
      data: ['data'],
      stopTimeout: '5s',
      rollout: { drain: '1s', start: '20s', watch: '0s', answers: 1 },
    },
  },
});

/** A directory for the app's code beside the stack, which goes with it. */
export const codeOf = (stack: Pick<Stack, 'directory'>): string => join(stack.directory, 'shop');
