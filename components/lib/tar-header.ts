/** What stands in the headers of a tarball: fixed fields, and the records of pax. */
import { latin, named, noText } from './plain.ts';

/** Headers and contents begin at multiples of it. */
export const block = 512;

/** What the fixed fields of a header say; `kind`: the letter of its type. */
export type Read = { kind: string; name: string; size: number; mode: number; target: string };

export function readHeader(header: Buffer, where: string): Read {
  const sum = header.reduce(
    (all, byte, index) => all + (index >= 148 && index < 156 ? 32 : byte),
    0,
  );
  if (number(header.subarray(148, 156)) !== sum)
    throw new Error(`is no tarball, or is damaged ${where}; pack it again with tar`);
  const magic = header.toString('latin1', 257, 263);
  const prefix = magic === 'ustar\0' ? text(header.subarray(345, 500), where) : '';
  const short = text(header.subarray(0, 100), where);
  const name = prefix === '' ? short : `${prefix}/${short}`;
  const size = number(header.subarray(124, 136));
  const mode = number(header.subarray(100, 108));
  if (size === undefined || mode === undefined || !Number.isSafeInteger(size) || size < 0)
    throw new Error(`${named(name)} has a size or mode that is no number; pack it again`);
  const kind = String.fromCharCode(header[156] ?? 0);
  return { kind, name, size, mode, target: text(header.subarray(157, 257), name) };
}

/** Octal digits, or with the first bit set a number in bytes; undefined for what is neither. */
function number(field: Buffer): number | undefined {
  if (((field[0] ?? 0) & 0x80) === 0) {
    const digits = field.toString('latin1').replace(/\0.*$/s, '').trim();
    return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : undefined;
  }
  // A negative one ends as NaN.
  if (field[0] !== 0x80) return undefined;
  return field.subarray(1).reduce((all, byte) => all * 256 + byte, 0);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(field: Buffer, of: string): string {
  const end = field.indexOf(0);
  try {
    return decoder.decode(end < 0 ? field : field.subarray(0, end));
  } catch {
    throw new Error(noText(`${latin(field)} (${of})`));
  }
}

/** The whole content but for the zero at its end: one within it would cut the name short. */
export function longName(content: Buffer, of: string): string {
  const name = text(content, of);
  if (Buffer.byteLength(name) < content.length - 1)
    throw new Error(`${JSON.stringify(name)} has a zero in its name; rename it`);
  return name;
}

/** The records of a pax header: `LENGTH KEY=VALUE\n`, the length of the whole record. */
export function records(content: Buffer, name: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const blank = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, blank));
    const record = content.subarray(blank + 1, at + length);
    const equals = record.indexOf(0x3d);
    if (
      blank < 0 ||
      !Number.isInteger(length) ||
      length < 5 ||
      at + length > content.length ||
      equals < 1 ||
      record.at(-1) !== 0x0a
    )
      throw new Error(`${named(name)} cannot be read; pack it again`);
    const key = record.toString('latin1', 0, equals);
    const value = record.subarray(equals + 1, -1);
    if (/^(path|linkpath)$/.test(key) && value.includes(0))
      throw new Error(`${JSON.stringify(value.toString())} has a zero in its name; rename it`);
    found.set(
      key,
      /^(path|linkpath|size)$/.test(key) ? text(value, name) : value.toString('latin1'),
    );
    at += length;
  }
  return found;
}

/** What is said for all members that follow is taken where it is of no matter here, such as a comment. */
export function refuseForAll(all: ReadonlyMap<string, string>): void {
  const [key] = [...all.keys()].filter((it) =>
    /^(path|linkpath|size|hdrcharset|GNU\.sparse\..*)$/.test(it),
  );
  if (key) throw new Error(`says ${key} of all its members at once; pack it again`);
}

export function decimal(digits: string | undefined, name: string): number | undefined {
  if (digits === undefined) return undefined;
  if (/^\d{1,15}$/.test(digits)) return Number(digits);
  throw new Error(`${named(name)} has a size that is no number; pack it again`);
}
