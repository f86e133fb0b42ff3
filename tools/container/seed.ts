import { randomBytes } from 'node:crypto';
import { access, chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { insideAddress } from './container.ts';
import { makeKeys } from './keys.ts';
import type { HostRecord } from './record.ts';

/** Whether `makeSeed()` came to its end. */
export async function isSeeded(directory: string): Promise<boolean> {
  // Written last.
  return await access(join(directory, 'known_hosts')).then(
    () => true,
    () => false,
  );
}

/** Writes under `seed/` of the host's directory what its first boot puts over the tree of a fresh Debian. */
export async function makeSeed(
  directory: string,
  { name, number, user }: HostRecord,
): Promise<void> {
  await rm(join(directory, 'seed'), { recursive: true, force: true });
  const files: Record<string, string> = {
    'etc/hostname': `${name}\n`,
    'etc/hosts': `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost\n`,
    'etc/machine-id': `${randomBytes(16).toString('hex')}\n`,
    'etc/resolv.conf': await nameservers(),
  };
  for (const [path, content] of Object.entries(files)) {
    await write(join(directory, 'seed', path), content, 0o644);
  }
  if (user !== 'root') {
    const rule = `${user} ALL=(ALL:ALL) NOPASSWD: ALL\n`;
    await write(join(directory, 'seed/etc/sudoers.d', user), rule, 0o440);
  }
  await makeKeys(directory, insideAddress(number), user);
}

/** Gives a copy of a host the same keys, and the same seed should it be installed anew. */
export async function copySeed(from: string, to: string, address: string): Promise<void> {
  for (const part of ['seed', 'id_ed25519', 'id_ed25519.pub'])
    await cp(join(from, part), join(to, part), { recursive: true, preserveTimestamps: true });
  const known = await readFile(join(from, 'known_hosts'), 'utf8');
  await writeFile(join(to, 'known_hosts'), known.replace(/^\S+/gm, address));
}

async function write(path: string, content: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode); // whatever the umask is
}

/** This machine's own; where a stub on the loopback address forwards to them, those behind it. */
async function nameservers(): Promise<string> {
  const own = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return /^nameserver\s+127\./m.test(own)
    ? await readFile('/run/systemd/resolve/resolv.conf', 'utf8').catch(() => own)
    : own;
}
