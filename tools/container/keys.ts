import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../lib/process.ts';

const kinds = ['ed25519', 'ecdsa', 'rsa'] as const;

/**
 * Makes what ssh needs on both sides of a new host, in its directory:
 * `id_ed25519` to log in with, `known_hosts` that lists the host's own keys, and under `seed/` what
 * belongs on the host.
 */
export async function makeKeys(directory: string, address: string, user: string): Promise<void> {
  const ssh = join(directory, 'seed/etc/ssh');
  const home = join(directory, 'seed', user === 'root' ? 'root' : `home/${user}`, '.ssh');
  await mkdir(ssh, { recursive: true });
  await mkdir(home, { recursive: true, mode: 0o700 });
  await Promise.all([
    generate(join(directory, 'id_ed25519'), 'ed25519', 'keelson'),
    ...kinds.map((kind) => generate(join(ssh, `ssh_host_${kind}_key`), kind, 'root')),
  ]);
  const login = await readFile(join(directory, 'id_ed25519.pub'), 'utf8');
  await writeFile(join(home, 'authorized_keys'), login, { mode: 0o600 });
  const lines = await Promise.all(
    kinds.map(async (kind) => {
      const [type, key] = (await readFile(join(ssh, `ssh_host_${kind}_key.pub`), 'utf8')).split(
        ' ',
      );
      return `${address} ${type} ${key}\n`;
    }),
  );
  await writeFile(join(directory, 'known_hosts'), lines.join(''));
}

async function generate(path: string, kind: string, comment: string): Promise<void> {
  await rm(path, { force: true });
  const options = ['-q', '-N', '', '-t', kind, '-C', comment, '-f', path];
  const { code, stderr } = await run('ssh-keygen', options);
  if (code !== 0) {
    throw new Error(`ssh-keygen: ${stderr}`);
  }
}
