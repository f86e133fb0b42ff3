import { type Item, type Ownership, rootOwned, sha256 } from '../item.ts';
import { checks } from '../script.ts';

/**
 * A text file. `secret`: its content never leaves the host again, not even as a difference.
 * `check` names the program that is asked before it takes effect, by a file in `files/host/checks/`.
 * `serves` are the domains of the site that it is, or its port: they tell who takes the place of whom.
 * `port` is one at which nginx listens because of it, and nobody else may.
 * `settled` are sockets of which a firewall has nothing to say, such as `tcp:22`: all others are shut because of it.
 * With `:limited` behind, they are shut to some or all, and named where they are open all the same.
 * `pair` are a certificate and a key that it names and somebody else brings, and the names that these must be for.
 * `bare`: it ends as its content does; else with a line break.
 */
export const file = (
  path: string,
  content: string,
  options: Partial<Ownership> & {
    check?: string;
    secret?: boolean;
    serves?: readonly string[];
    port?: number;
    settled?: readonly string[];
    pair?: { certificate: string; key: string; names: readonly string[] } | undefined;
    bare?: boolean;
  } = {},
): Item => {
  const { check, secret, serves, port, settled, pair, bare = false, ...ownership } = options;
  if (check !== undefined && !checks().includes(check))
    throw new Error(
      `file ${path}: there is no check ${check}; choose one of ${checks().join(', ')}`,
    );
  // A bare one travels with a line break more, which the host takes off.
  const text = content.endsWith('\n') && !bare ? content : `${content}\n`;
  return {
    kind: 'file',
    name: path,
    state: { ...rootOwned, ...ownership, sha256: sha256(bare ? content : text) },
    instructions: {
      ...(check && { '@check': check }),
      ...(secret && { '@secret': 'yes' }),
      ...(bare && { '@bare': 'yes' }),
      ...(serves && { '@serves': serves.join(' ') }),
      ...(port && { '@port': String(port) }),
      ...(settled && { '@settled': settled.join(' ') }),
      ...(pair && {
        '@pair': `${pair.certificate} ${pair.key}`,
        '@names': pair.names.join(' '),
      }),
    },
    content: text,
  };
};
