/** The rollout of an app that takes TCP connections. */
import { z } from 'zod';
import { rollout } from '../../host/kinds.ts';
import { type AppContext, appComponent } from '../component.ts';
import { type Conversation, conversationOf } from '../conversation.ts';
import { isOpen } from '../public.ts';
import { common, isSingle, type Moved, moving, requisites, serving } from '../rollout.ts';

const schema = z
  .strictObject({ ...serving, ...moving })
  .describe('How the instances of a TCP service move to a release; Monit takes `start` from here');

type Tcp = Moved & {
  healthy: Conversation;
  proxyProtocol?: boolean | undefined;
  public: number | 'each';
  listen: 'port' | 'socket';
  rollout: z.output<typeof schema>;
};

export const tcpRollout = appComponent({
  name: 'rollout',
  fields: { rollout: schema.prefault({}) },
  render: (app: Tcp, context: AppContext) => {
    const { answers: _, ...times } = app.rollout;
    const wanted = rollout({
      ...common(app, context),
      ...times,
      type: 'tcp',
      listen: isOpen(app) ? 'public' : app.listen,
      single: isSingle(app, context),
      health: conversationOf(app),
    });
    return { base: requisites, rollout: [wanted] };
  },
  notes: (app: Tcp, context: AppContext) =>
    isSingle(app, context)
      ? [
          {
            ...{ part: 'rollout', item: `rollout ${app.name}` },
            keys: ['current', ...context.instances.map(String)],
            text: `${app.name} has one instance: nobody answers for the seconds in which it moves`,
          },
        ]
      : [],
});
