/** The file that says which builds of Node.js are meant: found once, for people to read and to keep. */
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

/** Node's own name of a processor. */
export type Processor = 'x64' | 'arm64';

/** `from`: a URL, or `npm:NAME@VERSION`. */
type Pin = { version: string } & { [processor in Processor]?: { from: string; sha256: string } };
export type Pins = Record<string, Pin | undefined>;

export function readPins(file: string): Pins {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Pins;
  } catch {
    throw new Error(`${file} is no JSON; mend it, or remove it, so that versions are found anew`);
  }
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
