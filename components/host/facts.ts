/** Facts: what is read from a host before anything is rendered for it. */
import { z } from 'zod';
import type { Header } from './manifest.ts';

export const factsSchema = z.object({
  id: z.string(),
  codename: z.string(),
  version: z.string(),
  architecture: z.string(),
  cores: z.coerce.number().int().positive(),
  memoryMiB: z.coerce.number().int().positive(),
  hostname: z.string(),
  /** Where sshd listens, such as `[::]:22 0.0.0.0:22`; empty when that cannot be told. */
  sshd: z.string(),
  /** Who logged in for this look; another user than root has become root by sudo. */
  login: z.string().optional(),
  /** `socket`: systemd listens for Debian's sshd. `no`: something else lets people in. */
  openssh: z.enum(['socket', 'no']).optional(),
  /** Bits of its shortest RSA host key. */
  rsaHostKey: z.coerce.number().int().optional(),
  /** Users whom a Match of people's own lets in with a password, with blanks between them. */
  passwords: z.string().optional(),
  /** The port at which this run came in, as sshd has it: it may be translated on the way. */
  sshPort: z.coerce.number().int().optional(),
  /** systemd's version; 0 where it is not PID 1. */
  systemd: z.coerce.number().int(),
  /** Whether it is a container, whose kernel and clock are the machine's. */
  container: z.enum(['yes', 'no']).optional(),
  /** Whether it is a virtual machine or a container: nobody plugs anything in. */
  virtual: z.enum(['yes']).optional(),
  /** What keeps the clock, where it is not systemd-timesyncd: chrony, or an ntpd. */
  clock: z.enum(['chrony', 'ntpd']).optional(),
  /** Those that are loaded of the modules that a server hardly ever uses. */
  modules: z.string().optional(),
  /** Whose rsyslog is: the host's own, or there because of the kit, which holds Debian's service of it still. */
  rsyslog: z.enum(['own', 'kit']).optional(),
  /** What certbot renews here: its name for it, how it proves names, such as `webroot`, and the names. */
  certbot: z
    .array(z.object({ name: z.string(), by: z.string(), domains: z.array(z.string()) }))
    .optional(),
  /** Releases kept on the host, newest first, by app. */
  releases: z.record(z.string(), z.array(z.string())),
  /** Those of them that never came up, by app. */
  failed: z.record(z.string(), z.array(z.string())).optional(),
});

export type Facts = z.output<typeof factsSchema> & {
  /** The address from which this run came in; of the look alone, since who logs in is no change. */
  readonly client?: string | undefined;
};

/** What the host remembers of earlier runs. */
export type Memory = {
  /** Why each manifest was applied last. */
  readonly manifests: ReadonlyMap<string, Header>;
  /** The run that sent each blob. */
  readonly blobs: ReadonlyMap<string, string>;
  /** The run whose change of a manifest still has to be confirmed, or goes back. */
  readonly unconfirmed?: ReadonlyMap<string, string>;
  /** What sshd starts to take files; a program of its own is started by the login's shell. */
  readonly sftp?: string | undefined;
  /** From where the login that asks came. */
  readonly client?: string | undefined;
};

/** What is assumed of a host that nobody has seen yet: the least that the kit supports. */
export const unseen: { facts: Facts; memory: Memory } = {
  facts: {
    id: 'debian',
    codename: 'trixie',
    version: '13',
    architecture: 'amd64',
    cores: 2,
    memoryMiB: 1024,
    hostname: 'localhost',
    sshd: '[::]:22 0.0.0.0:22',
    systemd: 257,
    releases: {},
  },
  memory: { manifests: new Map(), blobs: new Map() },
};

/**
 * Reads what `files/host/facts.sh` printed.
 * @throws when the host is not a Debian that the kit supports, or something else than its facts came.
 */
export function parseFacts(output: string): { facts: Facts; memory: Memory } {
  const plain: Record<string, string> = {};
  const releases: Record<string, string[]> = {};
  const failed: Record<string, string[]> = {};
  const headers: Record<string, string[]> = {};
  const blobs = new Map<string, string>();
  const unconfirmed = new Map<string, string>();
  const certbot: NonNullable<Facts['certbot']> = [];
  for (const line of output.split('\n')) {
    const [key = '', value = ''] = split(line, '\t');
    if (key === 'release' || key === 'failed') {
      const [app, hash] = split(value, ' ');
      const list = key === 'release' ? releases : failed;
      list[app] = [...(list[app] ?? []), hash];
    } else if (key === 'certbot') {
      const [name = '', by = '', names = ''] = value.split(' ');
      certbot.push({ name, by, domains: names.split(',') });
    } else if (key === 'blob') blobs.set(...split(value, ' '));
    else if (key === 'unconfirmed') unconfirmed.set(...split(value, ' '));
    else if (key === 'header') {
      const [name, text] = split(value, ' ');
      headers[name] = [...(headers[name] ?? []), text];
    } else if (key !== '') plain[key] = value;
  }
  const manifests = new Map(
    Object.entries(headers).map(([name, lines]) => [name, readHeader(lines)]),
  );
  const read = factsSchema.safeParse({
    ...plain,
    ...(certbot.length > 0 && { certbot }),
    releases,
    failed,
  });
  if (!read.success) throw new Error(misread(read.error, output));
  const { sftp, client } = plain;
  const memory = { manifests, blobs, unconfirmed, sftp, client };
  return { facts: supported(read.data), memory };
}

/** What a start-up file of the login prints, or reads, in the script's place. */
function misread({ issues }: z.ZodError, output: string): string {
  const missed = [...new Set(issues.map(({ path }) => path.join('.')))].join(', ');
  const begin = JSON.stringify(output.trim().slice(0, 80));
  return `did not tell its ${missed}, but begins with ${begin}; does a start-up file of the login, such as ~/.bashrc, print or read something?`;
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const readHeader = ([run = '', ...lines]: string[]): Header => ({
  run: run.replace(/^run /, ''),
  lines,
});

function supported(facts: Facts): Facts {
  if (facts.id !== 'debian' || Number(facts.version) < 12)
    throw new Error(
      `runs ${facts.id} ${facts.version}; Keelson supports Debian 12 (bookworm) and later`,
    );
  if (facts.systemd === 0)
    throw new Error('does not run systemd as PID 1; choose a host that boots systemd');
  return facts;
}
