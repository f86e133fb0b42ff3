/** Everything that is wanted of a host as one text: items by name, then files letter by letter. */
type Item = {
  kind: string;
  name: string;
  state: Readonly<Record<string, string>>;
  instructions?: Readonly<Record<string, string>>;
  content?: string;
};

/** Instructions that are part of what the host shows, or that decide what becomes of it. */
const kept: Record<string, RegExp> = {
  file: /^@(check|secret)$/,
  directory: /^@(whole|remove|deep)$/,
  tree: /./,
  rollout: /^@(unit|environment)$/,
};

function heading({ kind, name, state, instructions = {} }: Item): string {
  const words = Object.entries(state)
    // Of a file the text says it; of instances the rollout.
    .filter(([key]) => !(kind === 'file' && key === 'sha256') && kind !== 'instances')
    .map(([key, value]) => `${key}=${value}`);
  const rest = Object.entries(instructions).filter(([key]) => kept[kind]?.test(key));
  return [kind, name, ...words, ...rest.map(([key, value]) => `${key}=${value}`).sort()].join(' ');
}

/** By heading; an item that several manifests hold is one. */
export function printed(items: readonly Item[]): Map<string, string> {
  const texts = items.map((item): [string, string] => [heading(item), item.content ?? '']);
  return new Map(texts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The text of a snapshot; a file that is the same in `like` is its heading alone, behind `=`. */
export function snapshot(items: readonly Item[], like: readonly Item[] = []): string {
  const known = printed(like);
  return [...printed(items)]
    .map(([head, text]) =>
      text === '' || known.get(head) === text
        ? `${text === '' ? '  ' : '= '}${head}\n`
        : `# ${head}\n${text.replace(/^/gm, '|').replace(/\|$/, '')}`,
    )
    .join('');
}
