/** Small files of the operator's: known hosts, keys. */
import { readFileSync } from 'node:fs';

/** Why a file cannot be read, in words. */
export type Unreadable = 'there is no such file' | 'it is a directory' | 'it may not be read';

/** The text of a file, or why there is none. */
export function readText(file: string): { text: string } | { why: Unreadable } {
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') return { why: 'it is a directory' };
    if (code === 'ENOENT' || code === 'ENOTDIR') return { why: 'there is no such file' };
    return { why: 'it may not be read' };
  }
}
