import type { Item } from '../item.ts';

/** A blob unpacked at a path: a release of an app, a Node.js version. Modes are octal. */
export const tree = (
  path: string,
  options: {
    blob: string;
    owner: string;
    group: string;
    strip?: number;
    directories: string;
    files: string;
    executables: string;
    only?: readonly string[];
    remove?: 'keep';
  },
): Item => ({
  kind: 'tree',
  name: path,
  state: { owner: options.owner, group: options.group, content: 'intact' },
  instructions: {
    '@blob': options.blob,
    '@strip': String(options.strip ?? 0),
    '@directories': options.directories,
    '@files': options.files,
    '@executables': options.executables,
    ...(options.only?.length && { '@only': options.only.join(',') }),
    ...(options.remove && { '@remove': options.remove }),
  },
});
