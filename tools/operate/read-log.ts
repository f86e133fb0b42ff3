/** The log of an app on one server. */
import { text } from 'node:stream/consumers';
import type { AppConfig } from '../../components/app/components.ts';
import { exec } from '../../components/ssh/exec.ts';
import { failure, Refused } from './ask.ts';
import type { Entry, Wanted } from './entry.ts';
import { isBackwards, journalCommand, journalEntries } from './journal.ts';
import { backwards, linesOf } from './lines.ts';
import { fileEntries, filesCommand } from './log-files.ts';
import { nameOf, type Part, withMembers } from './part.ts';
import type { Server } from './stack.ts';

/** Whether the output of an app on a server goes to files. */
export const isInFiles = ({ apps }: Server, name: string): boolean => {
  const app = apps.find((it) => it.name === name) as AppConfig & { logs?: { to: string } };
  return app?.logs?.to === 'files';
};

/**
 * The entries of the log of an app and its members on a server, or of one member, oldest first; those of files one file
 * after another.
 * @param signal ends one that is followed.
 * @throws HostError where it cannot be read, also midway.
 */
export async function* readLog(
  server: Server,
  part: Part,
  wanted: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  const { app } = part;
  const names = withMembers(server, part).map(nameOf);
  const files = isInFiles(server, app) ? filesCommand(part, wanted) : undefined;
  const words = files ? files.words : journalCommand(names, wanted);
  const { target, channel, ended, close } = await exec(server.way, words, { root: true });
  const wrong = text(channel.stderr);
  const end = () => channel.end();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  try {
    const lines = linesOf(channel);
    const turned = isBackwards(wanted) ? backwards(lines) : lines;
    yield* files ? fileEntries(app, files.mark, lines) : journalEntries(names, turned);
    const code = await ended;
    const isNothing = code === 1 && wanted.grep !== undefined && (await wrong) === '';
    if (code !== 0 && !isNothing && !signal.aborted)
      throw new Refused(target, failure(target, code, await wrong));
  } finally {
    signal.removeEventListener('abort', end);
    close();
  }
}
