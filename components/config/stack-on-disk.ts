/** A stack file as it lies there, without Pulumi: what it says, and `[secret]` in place of what is encrypted. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { covered as secret } from '../fields/secrets.ts';
import type { Given } from './given.ts';
import { isMapping } from './merge.ts';
import { ConfigError } from './read.ts';
import { parsed, Unusable } from './shared-file.ts';

/**
 * Reads a stack file for people and programs that have neither engine nor passphrase.
 * @throws ConfigError where it is not there, with the names of those that are, or is no YAML.
 */
export function readStackFile(path: string): Given {
  const text = textOf(path);
  const config = content(text, path);
  const entries = Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    const name = /^keelson:(?:config:)?(.+)$/.exec(key)?.[1];
    return name === undefined ? [] : [[name, value ?? '']];
  });
  const encrypted = entries.filter(([, value]) => holdsSecret(value)).map(([name]) => name);
  return {
    values: Object.fromEntries(entries.map(([name, value]) => [name, covered(value)])),
    encrypted: new Set(encrypted),
    file: { path, text },
    isElsewhere: true,
  };
}

/** Names of the stacks whose files lie in a folder. */
export const stacksIn = (folder: string): string[] =>
  readdirSync(folder)
    .flatMap((file) => /^Pulumi\.(.+)\.ya?ml$/.exec(file)?.[1] ?? [])
    .sort();

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw error;
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(basename(path))?.[1] ?? path;
    const folder = dirname(path);
    const there = stacksIn(folder).join(', ') || 'none';
    throw new ConfigError(`stack ${stack}`, [
      `${join(folder, basename(path))}: is not there; of the stacks that have a file choose among: ${there}`,
    ]);
  }
}

function content(text: string, path: string): object {
  try {
    const given = parsed(text, path);
    return isMapping(given) && isMapping(given.config) ? given.config : {};
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new ConfigError('the stack file', error.problems);
  }
}

const isSecret = (value: unknown): boolean =>
  isMapping(value) && typeof value.secure === 'string' && Object.keys(value).length === 1;

const holdsSecret = (value: unknown): boolean =>
  isSecret(value) ||
  (typeof value === 'object' && value !== null && Object.values(value).some(holdsSecret));

function covered(value: unknown): unknown {
  if (isSecret(value)) return secret;
  if (Array.isArray(value)) return value.map(covered);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, covered(inner)]));
}
