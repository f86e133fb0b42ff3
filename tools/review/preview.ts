/** What `pulumi preview --json` prints, as far as reviews and policies look at it. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';

const stateSchema = z.object({
  type: z.string(),
  custom: z.boolean().default(false),
  parent: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
});

const stepSchema = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: stateSchema.nullish(),
  newState: stateSchema.nullish(),
  diffReasons: z.array(z.string()).nullish(),
  replaceReasons: z.array(z.string()).nullish(),
});

const previewSchema = z.object({
  config: z.record(z.string(), z.string()).default({}),
  steps: z.array(stepSchema).default([]),
  diagnostics: z
    .array(z.object({ urn: z.string().optional(), message: z.string(), severity: z.string() }))
    .default([]),
});

export type Step = z.infer<typeof stepSchema>;

/** The preview of one stack; without a plan where Pulumi ended before it had any. */
export type Preview = z.infer<typeof previewSchema> & {
  readonly stack: string;
  readonly hasPlan: boolean;
};

/** What follows the last `::` of a URN. */
export const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf('::') + 2);

/** The type in a URN, without those of its parents: `aws:ec2/instance:Instance`. */
export const typeOf = (urn: string): string => urn.split('::')[2]?.split('$').at(-1) ?? '';

/**
 * Reads what one `pulumi preview --json` printed. The stack is named by the file: `production.json`.
 * What is no JSON, or empty, is a preview without a plan: Pulumi said on its standard error why.
 * @example readPreview('previews/production.json').stack // production
 */
export function readPreview(path: string): Preview {
  const stack = basename(path, '.json');
  const parsed = previewSchema.safeParse(json(readFileSync(path, 'utf8')));
  return parsed.success
    ? { ...parsed.data, stack, hasPlan: true }
    : { stack, hasPlan: false, config: {}, steps: [], diagnostics: [] };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
