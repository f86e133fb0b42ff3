/** What a command writes: kept for the outputs and for the error message, and shown line by line. */
import type { Log } from './engine.ts';

export type Streams = { stdout: string; stderr: string };

export class Output {
  readonly #chunks: { stdout: Buffer[]; stderr: Buffer[]; all: Buffer[] } = {
    stdout: [],
    stderr: [],
    all: [],
  };
  #line = '';
  readonly #log: Log;
  readonly #shown: string;

  /** `logging` is `stdout`, `stderr`, `stdoutAndStderr` or `none`. */
  constructor(log: Log, logging = 'stdoutAndStderr') {
    this.#log = log;
    this.#shown = logging.toLowerCase();
  }

  add(stream: keyof Streams, chunk: Buffer): void {
    this.#chunks[stream].push(chunk);
    this.#chunks.all.push(chunk);
    if (!this.#shown.includes(stream)) return;
    const lines = (this.#line + chunk).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#log.status(line);
  }

  /** Both streams, each without one newline at its end. */
  end(): Streams {
    if (this.#line !== '') this.#log.status(this.#line);
    return { stdout: this.#text('stdout'), stderr: this.#text('stderr') };
  }

  /** The error of a command that failed: why, the command, and all that it wrote. */
  failure(why: string, command: string): Error {
    this.end();
    return new Error(
      `${why}: running ${JSON.stringify(command)}:\n${Buffer.concat(this.#chunks.all)}`,
    );
  }

  #text(stream: keyof Streams): string {
    return Buffer.concat(this.#chunks[stream]).toString().replace(/\n$/, '');
  }
}
