/** Texts of this machine that settings name. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';

/**
 * The text of a file, by its path relative to the project, absolute, or below `~/`; nothing where it cannot be read.
 * @example localText('certificates/shop.pem')
 */
export function localText(path: string): string | undefined {
  try {
    return readFileSync(resolve(path.replace(/^~(?=\/)/, homedir())), 'utf8');
  } catch {
    return undefined;
  }
}
