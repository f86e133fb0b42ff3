/** A Node.js tarball in the form of the official ones, made of the Node.js that runs the tests. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a stack file says of an app's Node.js. */
export type NodeTarball = { version: string; path: string; sha256: string };

/** Packs it into a directory. Takes a few seconds, since the binary has 100 MB. */
export function nodeTarball(directory: string): NodeTarball {
  const version = process.versions.node;
  const name = `node-v${version}-linux-${process.arch}`;
  const path = join(directory, `${name}.tar.gz`);
  execFileSync('tar', [
    ...['--create', '--use-compress-program=gzip -1', `--file=${path}`, '--dereference'],
    ...[`--transform=s,^.*/node$,${name}/bin/node,`, '--absolute-names', process.execPath],
  ]);
  return { version, path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}
