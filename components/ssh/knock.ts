/** Whether a host still lets in a connection as `@pulumi/command` keeps it: for what is removed by one of an earlier run. */
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { z } from 'zod';
import { forward } from './forward.ts';
import { algorithms, isKnown } from './known-hosts.ts';

const endSchema = z.object({
  host: z.string(),
  port: z.number().default(22),
  user: z.string().default('root'),
  hostKey: z.string().optional(),
  privateKey: z.string().optional(),
  agentSocketPath: z.string().optional(),
});

type End = z.output<typeof endSchema>;

/** What the state has of a command's connection, with the host through which it is reached. */
export const keptSchema = endSchema.extend({ proxy: endSchema.optional() });

export type Kept = z.output<typeof keptSchema>;

/** Tries to log in once, as more tries of a wrong key would lock this address out; resolves with what is wrong. */
export async function knock(kept: Kept, milliseconds = 10_000): Promise<string | undefined> {
  const clients: ssh2.Client[] = [];
  try {
    const jump = kept.proxy && (await throughTo(kept, kept.proxy, milliseconds, clients));
    await enter(kept, milliseconds, clients, jump);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    for (const client of clients.reverse()) client.end();
  }
}

async function throughTo(
  { host, port }: End,
  jump: End,
  milliseconds: number,
  clients: ssh2.Client[],
): Promise<Duplex> {
  const client = await enter(jump, milliseconds, clients).catch((error) => {
    throw new Error(`its jump host ${jump.host}: ${error.message}`);
  });
  return await forward(client, host, port).catch((error: Error) => {
    throw new Error(`its jump host ${jump.host} does not lead to it: ${error.message}`);
  });
}

function enter(
  end: End,
  milliseconds: number,
  clients: ssh2.Client[],
  sock?: Duplex,
): Promise<ssh2.Client> {
  const agent = end.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
  const keys = end.hostKey === undefined ? [] : [end.hostKey];
  let isOther = false;
  const client = new ssh2.Client();
  clients.push(client);
  return new Promise((done, failed) => {
    const fail = (error: Error & { level?: string }) => failed(new Error(cause(error, isOther)));
    client.once('ready', () => done(client));
    client.on('error', fail);
    client.once('close', () => fail(new Error('it hung up')));
    try {
      client.connect({
        ...(sock ? { sock } : { host: end.host, port: end.port }),
        ...{ username: end.user, readyTimeout: milliseconds },
        ...(keys.length > 0 && {
          algorithms: { serverHostKey: algorithms(keys) as ['ssh-ed25519'] },
        }),
        hostVerifier: (shown: Buffer) => {
          isOther = keys.length > 0 && !isKnown(keys, shown);
          return !isOther;
        },
        ...(end.privateKey ? { privateKey: end.privateKey } : agent !== undefined && { agent }),
      });
    } catch (error) {
      fail(error as Error);
    }
  });
}

function cause(error: Error & { level?: string }, isOther: boolean): string {
  if (isOther) return 'its host key is another one';
  if (error.level === 'client-authentication') return 'it refuses the login';
  return `it cannot be reached: ${error.message}`;
}
