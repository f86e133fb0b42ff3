/** A command on a host whose output is read while it runs, and which may have a terminal. */
import type { Client, ClientChannel } from 'ssh2';
import { dial, type Say } from './dial.ts';
import { HostError, type Target, type Way } from './target.ts';

/** The size of a terminal, and its kind as TERM has it. */
export type Terminal = { readonly rows: number; readonly columns: number; readonly term: string };

/** A connection that was there, and is no more: nobody knows what became of the command. */
export class Lost extends HostError {}

/** A command that was started. */
export type Remote = {
  readonly target: Target;
  /** Its standard input, output and error. */
  readonly channel: ClientChannel;
  /** Its exit code, 255 where a signal ended it; rejects with Lost where the connection is. */
  readonly ended: Promise<number>;
  /** Ends the connection, and what reads its standard input. */
  close(): void;
};

/** Of somebody who waits at the keyboard: ten seconds for an answer, and one further attempt. */
const waits = { ready: 10_000, alive: 5_000, again: [3_000] };

export type Options = {
  /** Runs it as root, by sudo where somebody else logs in. */
  readonly root?: boolean;
  /** Gives it a terminal. */
  readonly terminal?: Terminal | undefined;
  readonly say?: Say;
};

/**
 * Starts a command, after checking the host's key.
 * @param words of the command, none of which a shell reads anything into; none for a login shell.
 * @throws HostError that names the host, the cause and the remedy.
 * @example const { channel, ended } = await exec(way, ['journalctl', '-f'], { root: true });
 */
export async function exec(
  way: Way,
  words: readonly string[],
  { root = false, terminal, say = () => {} }: Options = {},
): Promise<Remote> {
  const { client, target } = await dial(way, waits, say);
  const all = root && target.user !== 'root' ? ['sudo', '-n', ...words] : words;
  try {
    const channel = await opened(client, all, terminal);
    return { target, channel, ended: endOf(target, client, channel), close: () => client.end() };
  } catch (error) {
    client.end();
    throw new HostError(target, `nothing could be run: ${(error as Error).message}`);
  }
}

function opened(
  client: Client,
  words: readonly string[],
  terminal: Terminal | undefined,
): Promise<ClientChannel> {
  const pty = terminal && { rows: terminal.rows, cols: terminal.columns, term: terminal.term };
  return new Promise((done, failed) => {
    const answer = (error: Error | undefined, channel: ClientChannel) =>
      error ? failed(error) : done(channel);
    if (words.length === 0) client.shell(pty ?? false, answer);
    else client.exec(words.map(quoted).join(' '), pty ? { pty } : {}, answer);
  });
}

function endOf(target: Target, client: Client, channel: ClientChannel): Promise<number> {
  let code: number | undefined;
  channel.once('exit', (status: number | null) => {
    code = status ?? 255;
  });
  const ended = new Promise<number>((done, failed) => {
    const lost = () => failed(new Lost(target, 'the connection was lost'));
    channel.once('close', () => {
      client.end();
      if (code === undefined) lost();
      else done(code);
    });
    client.once('close', () => code === undefined && lost());
  });
  // Who still reads the output asks for the end later.
  ended.catch(() => {});
  return ended;
}

/**
 * A word that a POSIX shell takes as it is.
 * @example quoted("it's") // 'it'\''s'
 */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
