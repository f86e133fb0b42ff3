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

export const instances = appComponent({
  name: 'instances',
  fields: {},
  render: (app: Ending, { instances }: Pick<AppContext, 'instances'>) => {
    const { type, stopTimeout: stop, rollout } = app;
    const drain = rollout.drain ?? 0;
    return { site: [instancesItem(app.name, instances, { type, drain, stop, open: isOpen(app) })] };
  },
});
