/**
 * Items: the single things that are managed on a host, as plain data.
 *
 * An item says what the host must show (`state`) and what the helper needs to
 * know to bring that about (`instructions`). `docs/protocol.md` lists all kinds.
 */
import { createHash } from 'node:crypto';

/** Flat facts about one thing: compared key by key with what the probe reports. */
export type State = Readonly<Record<string, string>>;

export type Item = {
  readonly kind: string;
  readonly name: string;
  readonly state: State;
  /** Told to the helper, never compared. */
  readonly instructions?: State;
  /** Text of a `file`; ends with a newline. */
  readonly content?: string;
};

export type Ownership = { owner: string; group: string; mode: string };

/** The programs that the helper can ask whether a file is right before it takes effect. */
export type Check = 'nginx' | 'monit' | 'sudoers' | 'sshd' | 'systemd' | 'logrotate';

const rootOwned: Ownership = { owner: 'root', group: 'root', mode: '0644' };

export const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex');

/** A Debian package, installed; at one version only where `version` is given. */
export const aptPackage = (name: string, version?: string): Item => ({
  kind: 'package',
  name,
  state: version === undefined ? { state: 'installed' } : { state: 'installed', version },
});

/** A system group with exactly these supplementary members. */
export const group = (name: string, members: readonly string[] = []): Item => ({
  kind: 'group',
  name,
  state: { members: [...members].sort().join(',') },
});

/** The comment of a user that the kit made; it changes and removes no other. */
export const mark = 'Managed by Keelson';

/** A system user without password; by default without shell and home. */
export const systemUser = (
  name: string,
  options: { group: string; groups?: readonly string[]; home?: string; shell?: string },
): Item => ({
  kind: 'user',
  name,
  state: {
    group: options.group,
    groups: [...(options.groups ?? [])].sort().join(','),
    home: options.home ?? '/nonexistent',
    shell: options.shell ?? '/usr/sbin/nologin',
    password: 'locked',
    comment: mark,
  },
});

/**
 * A directory. `whole`: a file in it that no item names is drift, and is removed.
 * On removal it goes when empty, with all it holds (`all`), with all it holds but only together with
 * its whole manifest (`last`), or stays (`keep`).
 */
export const directory = (
  path: string,
  options: Partial<Ownership> & {
    whole?: boolean;
    remove?: 'keep' | 'last' | 'all';
    deep?: boolean;
  } = {},
): Item => {
  const { whole, remove, deep, ...ownership } = options;
  return {
    kind: 'directory',
    name: path,
    state: { ...rootOwned, mode: '0755', ...ownership },
    instructions: {
      ...(whole && { '@whole': 'yes' }),
      ...(remove && { '@remove': remove }),
      ...(deep && { '@deep': 'yes' }),
    },
  };
};

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

/** Nothing may be at this path; what was there is put back on removal. */
export const absent = (path: string): Item => ({ kind: 'absent', name: path, state: {} });

export const link = (path: string, target: string): Item => ({
  kind: 'link',
  name: path,
  state: { target },
});

/** Packed bytes that are kept on the host under their SHA-256; `run` is the one that sent them. */
export const blob = (hash: string, run: string): Item => ({
  kind: 'blob',
  name: hash,
  state: { state: 'present' },
  instructions: { '@run': run },
});

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

/** A live kernel setting; the file that keeps it over a reboot is an item of its own. */
export const sysctl = (key: string, value: string): Item => ({
  kind: 'sysctl',
  name: key,
  state: { value },
});

export const setting = (name: 'timezone' | 'hostname', value: string): Item => ({
  kind: 'setting',
  name,
  state: { value },
});

/**
 * A systemd unit. `fragment` and `dropins` say where its files lie when they are ours;
 * `change` is what happens to it when another item of its manifest changed;
 * `config` is the directory or file that the service reads.
 */
export const unit = (
  name: string,
  options: {
    enabled?: 'enabled' | 'disabled' | 'masked' | 'static';
    active?: 'active' | 'inactive';
    fragment?: string;
    dropins?: readonly string[];
    change?: 'reload' | 'restart';
    config?: string;
  },
): Item => ({
  kind: 'unit',
  name,
  state: {
    ...(options.enabled && { enabled: options.enabled }),
    ...(options.active && { active: options.active }),
    ...(options.fragment && { fragment: options.fragment }),
    ...(options.dropins?.length && { dropins: [...options.dropins].sort().join(' ') }),
    ...(options.config && { config: 'current' }),
  },
  instructions: {
    ...(options.change && { '@change': options.change }),
    ...(options.config && { '@config': options.config }),
  },
});

/** A Monit check that is loaded and watches. */
export const monitorCheck = (name: string): Item => ({
  kind: 'monitor',
  name,
  state: { state: 'monitored' },
});

/** The only instances of an app that may run; what runs on another port is drained and stopped. */
export const instances = (app: string, ports: readonly number[], drainSeconds: number): Item => ({
  kind: 'instances',
  name: app,
  state: { ports: ports.join(',') },
  instructions: { '@drain': String(drainSeconds) },
});
