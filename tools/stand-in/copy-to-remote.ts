/** Copies the file of a `CopyToRemote` over SFTP, in place, with the mode that the host's umask gives. */
import { posix } from 'node:path';
import { promisify } from 'node:util';
import type { SFTPWrapper, Stats } from 'ssh2';
import { type Connection, type Context, dial } from './connection.ts';

export type CopyInputs = { connection: Connection; source: { path: string }; remotePath: string };

/** Copies a file to a path, or into a directory; parents of the destination are made. */
export async function copyToRemote(
  { connection, source: { path }, remotePath }: CopyInputs,
  context: Context,
): Promise<void> {
  const client = await dial(connection, context);
  try {
    const sftp = await promisify(client.sftp.bind(client) as OpenSftp)();
    const there = await stat(sftp, remotePath);
    if (there?.isDirectory())
      return await put(sftp, path, posix.join(remotePath, posix.basename(path)));
    if (!there) await makeDirectory(sftp, posix.dirname(remotePath));
    await put(sftp, path, remotePath);
  } finally {
    client.end();
  }
}

type OpenSftp = (callback: (error: Error | undefined, sftp: SFTPWrapper) => void) => void;

/** What is at a path; undefined when there is nothing. */
function stat(sftp: SFTPWrapper, path: string): Promise<Stats | undefined> {
  const noSuchFile = 2; // SSH_FX_NO_SUCH_FILE
  return new Promise((resolve, reject) =>
    sftp.stat(path, (error, stats) => {
      if (!error) resolve(stats);
      else if ((error as { code?: unknown }).code === noSuchFile) resolve(undefined);
      else reject(new Error(`failed to stat remote path ${path}: ${error.message}`));
    }),
  );
}

async function makeDirectory(sftp: SFTPWrapper, path: string): Promise<void> {
  const there = await stat(sftp, path);
  if (there?.isDirectory()) return;
  if (there) throw new Error(`remote path ${path} exists but is not a directory`);
  const parent = posix.dirname(path);
  if (parent !== path) await makeDirectory(sftp, parent);
  await attempt(`failed to create remote directory ${path}`, (done) => sftp.mkdir(path, done));
}

const put = (sftp: SFTPWrapper, source: string, path: string): Promise<void> =>
  attempt(`failed to copy file ${source} to remote path ${path}`, (done) =>
    sftp.fastPut(source, path, done),
  );

async function attempt(
  what: string,
  action: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  await promisify(action)().catch((error: Error) => {
    throw new Error(`${what}: ${error.message}`);
  });
}
