/** The shell of a host, sourced on this machine with a memory of its own; what would change the machine is not called. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { helper } from '../../components/host/script.ts';
import { readShell } from './read-shell.ts';

const functions = helper().replace(/main "\$@"\n+$/, '');

/** Runs a program that has all functions of the helper. */
export const hostFunctions = readShell(functions);

type Given = {
  /** Files of the host's memory by their paths in it. */
  memory?: Readonly<Record<string, string>>;
  /** The standard input. */
  input?: string | Buffer;
};

/**
 * Runs lines of shell after all functions of the helper, with dash as Debian does.
 * @returns what they printed.
 */
export function hostShell(lines: string, { memory = {}, input = '' }: Given = {}): string {
  const state = machine(memory);
  try {
    const { status, stdout, stderr } = hostFunctions(program(state, lines), input);
    if (status !== 0) throw Object.assign(new Error(stderr), { status, stdout, stderr });
    return stdout;
  } finally {
    rmSync(state, { recursive: true });
  }
}

/** As `hostShell()`, with one memory for many runs, and while this process goes on, as a receiver for instance. */
export function liveShell(memory: Given['memory'] = {}, env: NodeJS.ProcessEnv = {}) {
  const state = machine(memory);
  const run = async (lines: string): Promise<string> => {
    const file = join(state, 'program');
    writeFileSync(file, `${functions}\n${program(state, lines)}`);
    const child = spawn('sh', [file], { env: { ...process.env, ...env } });
    child.stdin.end();
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => {
        printed += part;
      });
    await once(child, 'close');
    return printed;
  };
  return { state, run, remove: () => rmSync(state, { recursive: true }) };
}

function machine(memory: Given['memory'] = {}): string {
  const state = mkdtempSync(join(tmpdir(), 'keelson-shell-'));
  for (const folder of ['manifests', 'pending', 'owners', 'units', 'work'])
    mkdirSync(join(state, folder));
  for (const [path, text] of Object.entries(memory)) {
    mkdirSync(dirname(join(state, path)), { recursive: true });
    writeFileSync(join(state, path), text);
  }
  return state;
}

function program(state: string, lines: string): string {
  const paths = `STATE=${state} LOG=${state}/log work=${state}/work`;
  return `${paths} server=server wanted='' rows=$NEWLINE\n${lines}\n`;
}
