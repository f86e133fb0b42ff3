/**
 * One shell on the host for all scripts of a session: a channel and a login of sudo's for each of them
 * would take longer than the look itself.
 */
import { randomBytes } from 'node:crypto';
import type { Client, ClientChannel } from 'ssh2';
import { plain } from '../lib/plain.ts';

/** How a script ended, and what it wrote, in which nothing is hidden. */
export type Ended = { code: number; stdout: string; stderr: string };

/** More than the look at any host says; what goes beyond is a file that somebody blew up, or a loop. */
const mostBytes = 32 * 1024 * 1024;

/** Opens a shell by a command such as `sudo -n sh`. */
export async function openShell(
  client: Client,
  command: string,
  limit = mostBytes,
): Promise<Shell> {
  const shell = await new Promise<Shell>((done, failed) => {
    client.once('error', failed);
    client.once('close', () => failed(hungUp()));
    // At once: one that lets nobody in has ended before anything that waits for a promise goes on.
    client.exec(command, (error, opened) =>
      error ? failed(error) : done(new Shell(opened, limit)),
    );
  });
  client.once('error', (error) => shell.end(error));
  client.once('close', () => shell.end(hungUp()));
  return shell;
}

const hungUp = () => new Error('closed by the other side');

export class Shell {
  readonly #channel: ClientChannel;
  readonly #limit: number;
  #stdout = new Stream();
  #stderr = new Stream();
  /** What the login printed before the first script began. */
  greeting = '';
  #settle: (result: Ended | Error) => void = () => {};
  /** Why no script can be run any more. */
  #over: Ended | Error | undefined;

  constructor(channel: ClientChannel, limit: number) {
    this.#channel = channel;
    this.#limit = limit;
    let status: number | undefined;
    channel.on('error', () => {}); // It may end without having read its input: `close` tells.
    channel.on('data', (chunk: Buffer) => this.#hear(this.#stdout, chunk));
    channel.stderr.on('data', (chunk: Buffer) => this.#hear(this.#stderr, chunk));
    channel.once('exit', (code: number | null) => {
      status = code ?? 255;
    });
    // After all that it wrote.
    channel.once('close', () => this.end(status === undefined ? hungUp() : this.#said(status)));
  }

  /**
   * Runs a script in a subshell with nothing on its standard input; one at a time.
   * A shell that never came so far, as where sudo refuses, answers with its own exit code and words.
   * @throws when the connection is lost, or the script says more than the limit.
   */
  run(script: string): Promise<Ended> {
    const mark = `keelson-${randomBytes(16).toString('hex')}`;
    // What a login says before its first script is of use where it says nothing else.
    this.#stdout = this.#stdout.next(mark);
    this.#stderr = this.#stderr.next(mark);
    return new Promise((done, failed) => {
      this.#settle = (result) => (result instanceof Error ? failed(result) : done(result));
      if (this.#over) this.#settle(this.#over);
      else this.#channel.write(framed(script, mark));
    });
  }

  /** Whether the shell has come to the script that runs, and speaks on both streams. */
  get hasBegun(): boolean {
    return this.#stdout.hasBegun && this.#stderr.hasBegun;
  }

  /** Ends what is under way, and all that may be asked for later. */
  end(why: Ended | Error): void {
    this.#over ??= why;
    this.#settle(this.#over);
  }

  #hear(stream: Stream, chunk: Buffer): void {
    stream.add(chunk);
    const { code } = this.#stdout;
    if (this.#stdout.bytes + this.#stderr.bytes > this.#limit)
      this.end(new Error(`it says more than ${this.#limit / 1024 / 1024} MiB`));
    else if (code !== undefined && this.#stderr.code !== undefined) this.#settle(this.#said(code));
  }

  #said = (code: number): Ended => {
    if (this.#stdout.hasBegun) this.greeting ||= plain(this.#stdout.greeting().trim());
    return { code, stdout: plain(this.#stdout.text()), stderr: plain(this.#stderr.text()) };
  };
}

/**
 * A random mark begins and ends a script's words on both streams: nothing that it prints can be taken for its
 * end, and nothing that a login prints for its own.
 */
const framed = (script: string, mark: string): string =>
  [
    `echo '${mark}'; echo '${mark}' >&2`,
    '(',
    script,
    ') </dev/null',
    `set -- "$?"; printf '\\n%s %s\\n' '${mark}' "$1"; printf '\\n%s %s\\n' '${mark}' "$1" >&2`,
    '',
  ].join('\n');

/** What comes on one stream between the marks. */
class Stream {
  /** The exit code beside the mark at the end, once it is there. */
  code: number | undefined;
  bytes = 0;
  readonly #mark: string;
  readonly #chunks: Buffer[] = [];
  #tail = '';

  constructor(mark = '') {
    this.#mark = mark;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
    // Not all of it for each chunk: the mark is the last thing that comes.
    this.#tail = (this.#tail + chunk.toString('latin1')).slice(-100);
    const code = new RegExp(`\\n${this.#mark} (\\d+)\\n$`).exec(this.#tail)?.[1];
    if (code !== undefined) this.code = Number(code);
  }

  get hasBegun(): boolean {
    return this.#mark !== '' && Buffer.concat(this.#chunks).includes(`${this.#mark}\n`);
  }

  /** The stream for a script, which begins with what came before the first one. */
  next(mark: string): Stream {
    const stream = new Stream(mark);
    if (this.#mark === '') for (const chunk of this.#chunks) stream.add(chunk);
    return stream;
  }

  /** What came before. */
  greeting(): string {
    return Buffer.concat(this.#chunks).toString().split(`${this.#mark}\n`, 1)[0] ?? '';
  }

  /** Where a shell never came so far, all that came. */
  text(): string {
    const all = Buffer.concat(this.#chunks).toString();
    if (this.#mark === '') return all;
    const from = all.indexOf(`${this.#mark}\n`);
    const to = all.lastIndexOf(`\n${this.#mark} `);
    return all.slice(from < 0 ? 0 : from + this.#mark.length + 1, to < 0 ? undefined : to);
  }
}
