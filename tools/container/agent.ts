import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorWithRemedy } from '../lib/error.ts';
import { run } from '../lib/process.ts';

/**
 * An SSH agent that holds the key of one host, so that no private key is in a Pulumi state.
 * Starts it unless it runs already; it ends with the host. Returns its socket, for SSH_AUTH_SOCK.
 */
export async function agentSocket(directory: string): Promise<string> {
  const socket = join(directory, 'agent');
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  const { code } = await run('ssh-add', ['-l'], { env });
  const [isEmpty, isGone] = [1, 2];
  if (code === isGone) await startAgent(socket);
  if (code === isEmpty || code === isGone) await addKey(socket, join(directory, 'id_ed25519'));
  return socket;
}

/** Puts a private key into an agent. */
export async function addKey(socket: string, identity: string): Promise<void> {
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  const { code, stderr } = await run('ssh-add', ['-q', identity], { env });
  if (code !== 0) throw new Error(`ssh-add: ${stderr}`);
}

async function startAgent(socket: string): Promise<void> {
  await rm(socket, { force: true });
  // container.sh knows it by these arguments, and ends it with the host.
  const { code, stderr } = await run('ssh-agent', ['-s', '-a', socket]);
  if (code !== 0) {
    throw new ErrorWithRemedy(
      `No SSH agent could be started: ${stderr.trim()}`,
      `The path of its socket, ${socket}, may be too long: move the clone to a shorter path.`,
    );
  }
}
