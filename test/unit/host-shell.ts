/** The shell of a host, sourced on this machine with a memory of its own; what would change the machine is not called. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { helper } from '../../components/host/script.ts';

const functions = helper().replace(/main "\$@"\n+$/, '');

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
  const state = mkdtempSync(join(tmpdir(), 'keelson-shell-'));
  try {
    for (const folder of ['manifests', 'pending', 'owners', 'units', 'work'])
      mkdirSync(join(state, folder));
    for (const [path, text] of Object.entries(memory)) {
      mkdirSync(dirname(join(state, path)), { recursive: true });
      writeFileSync(join(state, path), text);
    }
    const paths = `STATE=${state} LOG=${state}/log work=${state}/work`;
    const start = `${paths} server=server wanted='' rows=$NEWLINE`;
    writeFileSync(join(state, 'program'), `${functions}\n${start}\n${lines}\n`);
    const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe'];
    return execFileSync('sh', [join(state, 'program')], { input, encoding: 'utf8', stdio });
  } finally {
    rmSync(state, { recursive: true });
  }
}
