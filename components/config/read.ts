/** Reading: what was given, through the schemas, with all problems at once. */
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { RunError } from '@pulumi/pulumi';
import { z } from 'zod';
import type { LocalFile } from '../server/component.ts';
import { examine, type Problem, show } from './problem.ts';
import { isSecretKey } from './secret-keys.ts';

/** A stack file, or a host's description, that cannot be used; Pulumi shows its message without a stack trace. */
export class ConfigError extends RunError {
  readonly problems: readonly Problem[];

  constructor(what: string, all: readonly Problem[]) {
    // What is read whole and entry by entry is told once.
    const problems = [...new Set(all)];
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`${what} has ${count}:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Reads the value at a place; undefined when it has problems. */
export type Read = <T extends z.ZodType>(
  schema: T,
  value: unknown,
  ...at: string[]
) => z.output<T> | undefined;

/**
 * A reader that notes problems; those of secrets and of encrypted keys without the value.
 * @param told problems by path, known already; what follows from them is not told as well.
 */
export const reader =
  (
    problems: Problem[],
    encrypted: ReadonlySet<string>,
    told: ReadonlyMap<string, Problem> = new Map(),
  ): Read =>
  (schema, value, ...at) => {
    const hidden = isSecretKey(at[0]) || encrypted.has(at[0] ?? '');
    const result = examine(schema, value, at, hidden);
    problems.push(...result.problems.filter((it) => !isTold(it, told)));
    return result.value;
  };

/** Problems by path that are known already, and keys of which nothing may be shown. */
export type Known = {
  readonly told: ReadonlyMap<string, Problem>;
  readonly encrypted: ReadonlySet<string>;
};

/** A value that stands over another one, or beside it, and where each is written. */
export type Upper = {
  readonly value: unknown;
  readonly at: readonly string[];
  readonly below: { readonly value: unknown; readonly at: readonly string[] };
};

/**
 * Reads a value that others share in part: what is wrong with the shared part by itself is told of that.
 * @param schemas of the whole, and of the shared part.
 */
export function readOver<T extends z.ZodType>(
  problems: Problem[],
  schemas: { readonly whole: T; readonly below: z.ZodType },
  { value, at, below }: Upper,
  { told, encrypted }: Known,
): z.output<T> | undefined {
  // What is merged may hold a part of any of them.
  const hidden = [...encrypted].some((key) => !isSecretKey(key));
  const whole = examine(schemas.whole, value, at, hidden);
  const lower =
    whole.problems.length > 0 ? examine(schemas.below, below.value, below.at, hidden).problems : [];
  problems.push(...homed(whole.problems, at, lower, below.at).filter((it) => !isTold(it, told)));
  return whole.value;
}

/** Problems below `at`, and in place of those that are told of `below` as well, the latter. */
export const homed = (
  problems: readonly Problem[],
  at: readonly string[],
  lower: readonly Problem[],
  below: readonly string[],
): Problem[] =>
  problems.map((problem) => {
    const same = below.join('.') + problem.slice(at.join('.').length);
    return lower.includes(same) ? same : problem;
  });

const isTold = (problem: Problem, told: ReadonlyMap<string, Problem>): boolean =>
  told.has(problem.replace(/: .*/s, ''));

/**
 * Reads one value by itself.
 * @throws ConfigError with all problems.
 */
export function readAs<T extends z.ZodType>(what: string, schema: T, given: unknown): z.output<T> {
  const problems: Problem[] = [];
  const value = reader(problems, new Set())(schema, given);
  if (value === undefined) throw new ConfigError(what, problems);
  return value;
}

/** Reads entry by entry, so that a problem in one does not hide those of another. */
export function readNamed<T extends z.ZodType<object>>(
  read: Read,
  names: z.ZodType<string>,
  schema: T,
  given: unknown,
  at: string,
): (z.output<T> & { name: string })[] {
  const entries = read(z.record(z.string(), z.unknown()), given, at) ?? {};
  return Object.entries(entries).flatMap(([name, entry]) => {
    read(names, name, at, name);
    const value = read(schema, entry, at, name);
    return value ? [{ ...value, name }] : [];
  });
}

/** Files of this machine, named by settings below `at`, that cannot be read. */
export const unreadable = (at: string, files: readonly LocalFile[]): Problem[] =>
  files.flatMap((file) => {
    const trouble = troubleWith(file);
    return trouble === undefined ? [] : [`${at}${file.at}: ${show(file.path)} ${trouble}`];
  });

function troubleWith({ path, mayBeDirectory }: LocalFile): string | undefined {
  const whole = resolve(path.replace(/^~(?=\/)/, homedir()));
  try {
    accessSync(whole, constants.R_OK);
    const isWrong = !mayBeDirectory && statSync(whole).isDirectory();
    return isWrong ? 'is a directory; give the file in it' : undefined;
  } catch {
    return `cannot be read; give a path from ${process.cwd()}`;
  }
}
