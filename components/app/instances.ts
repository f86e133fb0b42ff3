/** The instances of an app that may run: those beyond them end once nobody is sent to them any more. */
import { instances as instancesItem } from '../host/kinds.ts';
import { type AppContext, appComponent } from './component.ts';
import { isOpen } from './public.ts';

type Ending = {
  name: string;
  type: 'web' | 'tcp' | 'worker';
  public?: number | 'each';
  stopTimeout: number;
  rollout: { start: number; drain?: number };
};

/** Seconds that open requests, and then the processes, of an app that had instances have: the defaults of one. */
const [formerDrain, formerStop] = [30, 15];

/**
 * Of an app that was of a type with instances, and is of one without, they end now, as gently as they would have.
 * @param type of those that it may have had: `web` answered requests of the site that others answer now.
 */
export const noInstances = (type: 'web' | 'worker') =>
  appComponent({
    name: 'instances',
    fields: {},
    render: ({ name }: { name: string }) => ({
      site: [instancesItem(name, [], { type, drain: formerDrain, stop: formerStop })],
    }),
  });

export const instances = appComponent({
  name: 'instances',
  fields: {},
  render: (app: Ending, { instances }: Pick<AppContext, 'instances'>) => {
    const { type, stopTimeout: stop, rollout } = app;
    const drain = rollout.drain ?? 0;
    return { site: [instancesItem(app.name, instances, { type, drain, stop, open: isOpen(app) })] };
  },
});
