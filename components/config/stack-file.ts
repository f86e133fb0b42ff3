/** The stack file itself: its text, from which Pulumi took the values. */
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import * as pulumi from '@pulumi/pulumi';

/** How Pulumi was started, as far as the machine tells. */
type Caller = { readonly directory: string; readonly args: readonly string[] };

/** The current stack's file, and its text; undefined where it cannot be found. */
export function stackFile(): { path: string; text: string } | undefined {
  const caller = pulumiCaller();
  const path = givenFile(caller) ?? ownFile(caller);
  const text = path === undefined ? undefined : textOf(path);
  return path === undefined || text === undefined ? undefined : { path, text };
}

/** `pulumi --config-file FILE`. */
export function givenFile(caller: Caller | undefined): string | undefined {
  if (!caller) return undefined;
  const { args, directory } = caller;
  const at = args.findIndex((arg) => /^--config-file(=|$)/.test(arg));
  const given = args[at]?.includes('=') ? args[at]?.replace(/^[^=]*=/, '') : args[at + 1];
  return at < 0 || given === undefined ? undefined : resolve(directory, given);
}

function ownFile(caller: Caller | undefined): string | undefined {
  const root = projectRoot(caller?.directory ?? pulumi.getRootDirectory()) ?? projectRoot('.');
  return root && join(stackFolder(root), `Pulumi.${pulumi.getStack()}.yaml`);
}

/** Where the stack files of a project lie. */
export function stackFolder(root: string): string {
  const folder = /^stackConfigDir:\s*["']?([^"'#\n]*[^"'#\s])/m.exec(
    textOf(join(root, 'Pulumi.yaml')) ?? '',
  );
  return join(root, folder?.[1] ?? '.');
}

/** The nearest folder above that holds a project, as Pulumi looks for it. */
export const projectRoot = (from: string): string | undefined => folderAbove(from, 'Pulumi.yaml');

/** The nearest folder, itself or above, that has a file or folder of this name. */
export function folderAbove(from: string, name: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (statSync(join(folder, name), { throwIfNoEntry: false })) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Pulumi itself, by whose language host this program was started; Linux alone tells. */
function pulumiCaller(): Caller | undefined {
  try {
    let pid: string | undefined = String(process.ppid);
    for (let step = 0; step < 4 && pid !== undefined; step++) {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      // `-C` is in its working directory already.
      if (basename(args[0] ?? '') === 'pulumi')
        return { args, directory: readlinkSync(`/proc/${pid}/cwd`) };
      pid = /^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    }
  } catch {
    // Another system, or another user's process.
  }
  return undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
