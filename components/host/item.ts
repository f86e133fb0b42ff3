/**
 * Items: the single things that are managed on a host, as plain data.
 *
 * An item says what the host must show (`state`) and what the helper needs to
 * know to bring that about (`instructions`). `docs/protocol.md` lists all kinds.
 */
import { createHash } from 'node:crypto';

/** Flat facts about one thing: compared key by key with what is seen there. */
export type State = Readonly<Record<string, string>>;

export type Item = {
  readonly kind: string;
  readonly name: string;
  readonly state: State;
  /** Told to the helper, never compared. */
  readonly instructions?: State;
  /** Text of a `file`; ends with a newline, which is no part of it where it is `@bare`. */
  readonly content?: string;
};

export type Ownership = { owner: string; group: string; mode: string };

export const rootOwned: Ownership = { owner: 'root', group: 'root', mode: '0644' };

export const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex');
