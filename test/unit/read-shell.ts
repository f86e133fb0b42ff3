/** A shell that has read its functions once: reading all of the helper's takes longer than most tests do with them. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

export type Ran = { readonly status: number; readonly stdout: string; readonly stderr: string };
type Shell = {
  readonly run: (program: string, input: string | Buffer) => Ran;
  end(): Promise<void>;
};

/** For each line that it is asked with, a fork of it runs the program; then it says the exit code. */
const server = (functions: string): string => `exec 3<questions 4>answers
${functions}
echo read >&4
set +e
while read -r _ <&3; do
  (exec 3<&- 4>&-; set -e; . ./program) <input >stdout 2>stderr
  echo "$?" >&4
done
`;

/**
 * Yields what runs programs, each in a process of its own that has these functions, with dash as Debian does.
 * The shell ends with the tests of the calling file.
 */
export function readShell(functions: string): Shell['run'] {
  let shell: Shell | undefined;
  after(() => shell?.end());
  return (program, input) => {
    shell ??= start(functions);
    return shell.run(program, input);
  };
}

function start(functions: string): Shell {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-read-'));
  const at = (name: string): string => join(folder, name);
  execFileSync('mkfifo', ['questions', 'answers'].map(at));
  writeFileSync(at('server'), server(functions));
  const questions = openSync(at('questions'), 'r+');
  const child = spawn('sh', ['./server'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const answers = openSync(at('answers'), 'r');
  const answer = (): string => {
    const buffer = Buffer.alloc(16);
    const length = readSync(answers, buffer);
    if (length === 0) throw new Error('the shell could not read the functions, see above');
    return buffer.toString('utf8', 0, length).trim();
  };
  answer();
  return {
    run(program, input) {
      writeFileSync(at('program'), program);
      writeFileSync(at('input'), input);
      writeSync(questions, '\n');
      const status = Number(answer());
      const [stdout = '', stderr = ''] = ['stdout', 'stderr'].map((it) =>
        readFileSync(at(it), 'utf8'),
      );
      return { status, stdout, stderr };
    },
    async end() {
      closeSync(questions);
      await ended;
      closeSync(answers);
      rmSync(folder, { recursive: true });
    },
  };
}
