import { type Check, type Item, type Ownership, rootOwned, sha256 } from '../item.ts';

/** A text file. `secret`: its content never leaves the host again, not even as a difference. */
export const file = (
  path: string,
  content: string,
  options: Partial<Ownership> & { check?: Check; secret?: boolean } = {},
): Item => {
  const { check, secret, ...ownership } = options;
  const text = content.endsWith('\n') ? content : `${content}\n`;
  return {
    kind: 'file',
    name: path,
    state: { ...rootOwned, ...ownership, sha256: sha256(text) },
    instructions: { ...(check && { '@check': check }), ...(secret && { '@secret': 'yes' }) },
    content: text,
  };
};
