/** Conversation: what an instance that takes TCP connections is asked, and what it answers when it is well. */
import { z } from 'zod';
import { conversation, isAnswered, unanswered } from '../fields/conversation.ts';
import { duration } from '../fields/index.ts';
import type { Health } from '../host/health.ts';
import { appComponent } from './component.ts';

const schema = z
  .strictObject({
    ...conversation,
    timeout: duration('1s', '20s').prefault('5s').describe('Time that one conversation may take'),
  })
  .refine(isAnswered, { path: ['send'], error: unanswered })
  .describe(
    'What is sent to an instance, and what it answers when it works, over a connection of its own each time; default: it is enough that the connection is taken',
  );

export type Conversation = z.output<typeof schema>;

export type Conversing = {
  healthy: Conversation;
  proxyProtocol?: boolean | undefined;
  rollout: { answers: number };
};

/** In the words of a rollout. An app that is told the client’s address in a first line gets one that tells of none. */
export function conversationOf({ healthy, proxyProtocol, rollout }: Conversing): Health {
  const { send, ...others } = healthy;
  const said = `${proxyProtocol ? 'PROXY UNKNOWN\\r\\n' : ''}${send ?? ''}`;
  return { by: 'tcp', ...others, ...(said && { send: said }), answers: rollout.answers };
}

export const conversing = appComponent({
  name: 'conversation',
  fields: { healthy: schema.prefault({}) },
});
