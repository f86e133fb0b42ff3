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

type Ran = { readonly status: number; readonly stdout: string; readonly stderr: string };
type Run = (program: string, input: string | Buffer) => Ran;

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

/** Yields what runs programs, each in a process of its own that has these functions, with dash as Debian does. */
export function readShell(functions: string): Run {
  let run: Run | undefined;
  return (program, input) => {
    run ??= start(functions);
    return run(program, input);
  };
}

function start(functions: string): Run {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-read-'));
  const at = (name: string): string => join(folder, name);
  execFileSync('mkfifo', [at('questions'), at('answers')]);
  writeFileSync(at('server'), server(functions));
  const questions = openSync(at('questions'), 'r+');
  const child = spawn('sh', ['./server'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  child.unref();
  const answers = openSync(at('answers'), 'r');
  process.once('beforeExit', async () => {
    child.ref();
    closeSync(questions);
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  });
  nextOf(answers);
  return (program, input) => {
    writeFileSync(at('program'), `cd '${process.cwd()}'\n${program}`);
    writeFileSync(at('input'), input);
    writeSync(questions, '\n');
    const status = Number(nextOf(answers));
    const [stdout, stderr] = [at('stdout'), at('stderr')].map((it) => readFileSync(it, 'utf8'));
    return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
  };
}

/** Waits for the next answer. */
function nextOf(answers: number): string {
  const buffer = Buffer.alloc(16);
  const length = readSync(answers, buffer);
  if (length === 0) throw new Error('the shell ended, most likely since it cannot read a function');
  return buffer.toString('utf8', 0, length);
}
