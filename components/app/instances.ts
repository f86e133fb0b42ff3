/** The instances of an app that may run: those beyond them end once nobody is sent to them any more. */
import { instances as instancesItem } from '../host/kinds.ts';
import { type AppContext, appComponent } from './component.ts';

type Drained = { name: string; rollout: { start: number; drain?: number } };

export const instances = appComponent({
  name: 'instances',
  fields: {},
  render: ({ name, rollout }: Drained, { instances }: Pick<AppContext, 'instances'>) => ({
    site: [instancesItem(name, instances, rollout.drain ?? 0)],
  }),
});
