/** The file that says which builds of Node.js are meant: found once, for people to read and to keep. */
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** Node's own name of a processor. */
export type Processor = 'x64' | 'arm64';

const buildSchema = z.strictObject({
  /** A URL, or `npm:NAME@VERSION`. */
  from: z.string().regex(/^(?:https?:\/\/\S+|npm:node-linux-[\w]+@[\d.]+)$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** By what stack files say, such as `24`; a version of which nothing else is known yet may be a person's. */
const pinsSchema = z.record(
  z.string(),
  z.strictObject({
    version: z.string().regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/),
    x64: buildSchema.optional(),
    arm64: buildSchema.optional(),
  }),
);

export type Pins = z.output<typeof pinsSchema>;

/** @throws when it is not as it was written, with the entry that is not. */
export function readPins(file: string): Pins {
  if (!existsSync(file)) return {};
  const remedy = 'mend it, or remove it, so that versions are found anew';
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`${file} is no JSON; ${remedy}`);
  }
  const { data, error } = pinsSchema.safeParse(given);
  if (data === undefined)
    throw new Error(`${file}: ${error?.issues[0]?.path.join('.')} cannot be; ${remedy}`);
  const strange = Object.entries(data).find(
    ([wanted, { version }]) => !`${version}.`.startsWith(`${wanted}.`),
  );
  if (strange) throw new Error(`${file}: ${strange[1].version} is no ${strange[0]}; ${remedy}`);
  return data;
}

export async function writePins(file: string, pins: Pins): Promise<void> {
  try {
    await writeFile(`${file}.part`, `${JSON.stringify(pins, null, 2)}\n`);
    await rename(`${file}.part`, file);
  } catch (cause) {
    throw new Error(
      `${file} cannot be written (${(cause as Error).message}); run a preview where it can, and keep it with the stack file`,
      { cause },
    );
  }
}
