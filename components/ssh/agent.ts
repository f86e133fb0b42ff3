/** What an SSH agent holds. */
import { connect } from 'node:net';
import { Reader } from './wire.ts';

export type Identity = { readonly kind: string; readonly blob: Buffer; readonly comment: string };

const listIdentities = 11;
const identitiesAnswer = 12;
const patience = 5_000;

/**
 * The keys of an agent, in its order.
 * @throws where nobody listens at its socket, or who does is no agent.
 */
export function identitiesOf(socket: string): Promise<Identity[]> {
  return new Promise((done, failed) => {
    const agent = connect(socket, () => agent.write(Buffer.from([0, 0, 0, 1, listIdentities])));
    let answer = Buffer.alloc(0);
    agent.setTimeout(patience, () => agent.destroy(new Error('it does not answer')));
    agent.once('error', (error: NodeJS.ErrnoException) => failed(new Error(reason(error))));
    agent.once('close', () => failed(new Error('it hung up')));
    agent.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 4 || answer.length < 4 + answer.readUInt32BE(0)) return;
      agent.end();
      try {
        done(parse(answer.subarray(4)));
      } catch {
        failed(new Error('what answers is no SSH agent'));
      }
    });
  });
}

const reason = ({ code, message }: NodeJS.ErrnoException): string =>
  ({
    ENOENT: 'there is no such socket',
    ECONNREFUSED: 'nobody listens there any more',
    EACCES: 'it may not be opened',
  })[code ?? ''] ?? message;

function parse(answer: Buffer): Identity[] {
  const reader = new Reader(answer);
  if (reader.byte() !== identitiesAnswer) throw new Error('refused');
  return Array.from({ length: reader.uint32() }, () => {
    const blob = reader.string();
    const comment = reader.string().toString();
    return { kind: new Reader(blob).string().toString(), blob, comment };
  });
}
