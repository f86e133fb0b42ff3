/** Taking over: whether what is there already, and is somebody's own, may be replaced. */
import { z } from 'zod';
import { serverComponent } from './component.ts';

export const takeOver = serverComponent({
  name: 'takeover',
  fields: {
    takeOver: z
      .boolean()
      .prefault(false)
      .describe(
        '`true`: what a preview lists as somebody’s own may be replaced; the originals come back on destroy',
      ),
  },
});
