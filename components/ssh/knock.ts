/** Whether a host still lets in a connection as `@pulumi/command` keeps it: for what is removed by one of an earlier run. */
import ssh2 from 'ssh2';
import { z } from 'zod';

/** What the state has of a command's connection. */
export const keptSchema = z.object({
  host: z.string(),
  port: z.number().default(22),
  user: z.string().default('root'),
  hostKey: z.string().optional(),
  privateKey: z.string().optional(),
  agentSocketPath: z.string().optional(),
  /** The host through which it is reached; nothing is found out then. */
  proxy: z.unknown().optional(),
});

export type Kept = z.output<typeof keptSchema>;

/** Tries to log in once, as more tries of a wrong key would lock this address out; resolves with what is wrong. */
export function knock(kept: Kept, milliseconds = 10_000): Promise<string | undefined> {
  if (kept.proxy) return Promise.resolve(undefined);
  const agent = kept.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
  const [kind, expected] = kept.hostKey?.split(' ') ?? [];
  const kinds = kind === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [kind];
  let isOther = false;
  const client = new ssh2.Client();
  return new Promise<string | undefined>((done) => {
    const fail = (error: Error & { level?: string }) => done(cause(error, isOther));
    client.once('ready', () => done(undefined));
    client.on('error', fail);
    client.once('close', () => fail(new Error('hung up')));
    try {
      client.connect({
        ...{ host: kept.host, port: kept.port, username: kept.user, readyTimeout: milliseconds },
        ...(kind && { algorithms: { serverHostKey: kinds as ['ssh-ed25519'] } }),
        hostVerifier: (shown: Buffer) => {
          isOther = expected !== undefined && shown.toString('base64') !== expected;
          return !isOther;
        },
        ...(kept.privateKey ? { privateKey: kept.privateKey } : agent !== undefined && { agent }),
      });
    } catch (error) {
      fail(error as Error);
    }
  }).finally(() => client.end());
}

function cause(error: Error & { level?: string }, isOther: boolean): string {
  if (isOther) return 'its host key is another one';
  if (error.level === 'client-authentication') return 'it refuses the login';
  return `it cannot be reached: ${error.message}`;
}
