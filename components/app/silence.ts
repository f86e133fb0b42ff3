/** How long an instance may say nothing before it counts as hung, and is started again. */
import { duration } from '../fields/index.ts';
import { appComponent } from './component.ts';

export const silence = appComponent({
  name: 'silence',
  fields: {
    // Shorter, and a page that takes seconds to render would end its instance; with Monit's ten seconds between two
    // rounds, and its two for SIGTERM, it is started again within thirty.
    silence: duration('5s', '10m')
      .prefault('15s')
      .describe(
        'Time for which an instance may say nothing to one health check after another before it is started again; longer for an app whose code blocks its event loop for so long',
      ),
  },
});
