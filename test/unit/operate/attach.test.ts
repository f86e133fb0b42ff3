/** A command with the input and output of a process here, over SSH to a server in this one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { keyPair, sshServer } from '../../harness/ssh-server.ts';
import { scratchDirectory } from '../scratch.ts';

const [host, login] = [keyPair(), keyPair()];
const privateKey = join(scratchDirectory('attach'), 'key');
writeFileSync(privateKey, login.private, { mode: 0o600 });
before(() => {
  delete process.env.SSH_AUTH_SOCK;
});
const server = await sshServer({ hostKeys: [host.private], publicKey: login.public });
after(() => server.close());
const way = {
  ...{ name: 'web1', address: '127.0.0.1', port: server.port, user: 'root' },
  ...{ hostKey: host.public, privateKey },
};

test('Ctrl-C where there is no terminal ends it with the code of the signal, and says nothing', async (t) => {
  const code = `import { attach } from ${JSON.stringify(import.meta.resolve('../../../tools/operate/attach.ts'))};
process.exitCode = await attach(${JSON.stringify(way)}, ['sh', '-c', 'echo on; cat']);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  t.after(() => child.kill('SIGKILL'));
  child.stdout.once('data', () => child.kill('SIGINT'));
  const said = text(child.stderr);
  const [ended] = await once(child, 'close');
  assert.deepEqual([ended, await said], [130, '']);
});
