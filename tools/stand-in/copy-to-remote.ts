/** Copies the source of a `CopyToRemote` over SFTP, in place, with the modes that the host's umask gives. */
import { readdir, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import type { SFTPWrapper, Stats } from 'ssh2';
import { type Connection, type Context, dial } from './connection.ts';
import type { Properties } from './property.ts';

export type CopyInputs = { connection: Connection; source: Properties; remotePath: string };

/**
 * Copies a file, a text or a directory; parents of the destination are made.
 *
 * | source | destination is a directory | does not exist | is a file |
 * | --- | --- | --- | --- |
 * | `dir` | `destination/dir` | `destination/dir` | error |
 * | `dir/` | into it | into it | error |
 * | file | `destination/file` | it | overwritten |
 * | text | error | it | overwritten |
 */
export async function copyToRemote(inputs: CopyInputs, context: Context): Promise<void> {
  const client = await dial(inputs.connection, context);
  try {
    const sftp = await promisify(client.sftp.bind(client) as OpenSftp)();
    const remote = new Remote(sftp);
    const { path, text } = inputs.source as { path?: string; text?: string };
    if (path) await copy(remote, path, inputs.remotePath);
    else await writeText(remote, text ?? '', inputs.remotePath);
  } finally {
    client.end();
  }
}

type OpenSftp = (callback: (error: Error | undefined, sftp: SFTPWrapper) => void) => void;

/** The few things that a copy does on the host. */
class Remote {
  readonly #sftp: SFTPWrapper;

  constructor(sftp: SFTPWrapper) {
    this.#sftp = sftp;
  }

  /** What is at a path; undefined when there is nothing. */
  stat(path: string): Promise<Stats | undefined> {
    const noSuchFile = 2; // SSH_FX_NO_SUCH_FILE
    return new Promise((resolve, reject) =>
      this.#sftp.stat(path, (error, stats) => {
        if (!error) resolve(stats);
        else if ((error as { code?: unknown }).code === noSuchFile) resolve(undefined);
        else reject(new Error(`failed to stat remote path ${path}: ${error.message}`));
      }),
    );
  }

  async makeDirectory(path: string): Promise<void> {
    const there = await this.stat(path);
    if (there?.isDirectory()) return;
    if (there) throw new Error(`remote path ${path} exists but is not a directory`);
    const parent = posix.dirname(path);
    if (parent !== path) await this.makeDirectory(parent);
    await this.#do(`failed to create remote directory ${path}`, (done) =>
      this.#sftp.mkdir(path, done),
    );
  }

  put(source: string, path: string): Promise<void> {
    return this.#do(`failed to copy file ${source} to remote path ${path}`, (done) =>
      this.#sftp.fastPut(source, path, done),
    );
  }

  write(text: string, path: string): Promise<void> {
    return this.#do(`failed to write text content to remote path ${path}`, (done) =>
      this.#sftp.writeFile(path, text, done),
    );
  }

  async #do(what: string, action: (done: (error?: Error | null) => void) => void): Promise<void> {
    await promisify(action)().catch((error: Error) => {
      throw new Error(`${what}: ${error.message}`);
    });
  }
}

async function writeText(remote: Remote, text: string, destination: string): Promise<void> {
  if ((await remote.stat(destination))?.isDirectory())
    throw new Error(
      `remote path ${destination} is a directory; when using a text asset, remotePath must be a file path`,
    );
  await remote.makeDirectory(posix.dirname(destination));
  await remote.write(text, destination);
}

async function copy(remote: Remote, source: string, destination: string): Promise<void> {
  if ((await stat(source)).isDirectory()) {
    const into = source.endsWith('/')
      ? destination
      : posix.join(destination, posix.basename(source));
    return copyDirectory(remote, source, into);
  }
  const there = await remote.stat(destination);
  if (there?.isDirectory())
    return remote.put(source, posix.join(destination, posix.basename(source)));
  if (!there) await remote.makeDirectory(posix.dirname(destination));
  return remote.put(source, destination);
}

async function copyDirectory(remote: Remote, source: string, destination: string): Promise<void> {
  await remote.makeDirectory(destination);
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [posix.join(source, entry.name), posix.join(destination, entry.name)];
    if (entry.isDirectory()) await copyDirectory(remote, from, to);
    else await remote.put(from, to);
  }
}
