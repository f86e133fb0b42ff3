/** Schedule: when a job runs, by the calendar or in intervals; without either only by command. */
import { z } from 'zod';
import { calendar, duration } from '../fields/index.ts';
import { file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { appComponent, type Named } from './component.ts';

const fields = {
  at: z
    .union([calendar, z.array(calendar).min(1, 'is empty; give a time, or leave it out')])
    .optional()
    .describe(
      'When the job runs, as systemd has it: 03:30, Mon..Fri 08:00, *:0/15, daily; one or several. Without `at` and `every` it runs by command alone',
    ),
  every: duration('10s', '30d')
    .optional()
    .describe(
      'In place of `at`: time from one run’s begin to the next one’s; from the first deployment, or a boot, to the first run as well',
    ),
  spread: duration('0s', '1d')
    .prefault('0s')
    .describe('Random delay of each run, up to this, so that not all servers run at once'),
  catchUp: z
    .boolean()
    .prefault(false)
    .describe('With `at`: runs once after boot where the host was down when it was due'),
};

type Schedule = Named<typeof fields>;

const folder = '/etc/systemd/system';

/** The text of the timer; nothing for a job that runs by command alone. */
function timerText({ name, at, every, spread, catchUp }: Schedule): string | undefined {
  if (at === undefined && every === undefined) return undefined;
  return template('app/timer', {
    name,
    calendars: at === undefined ? [] : [at].flat(),
    intervals: every === undefined ? [] : [every],
    spreads: spread > 0 ? [spread] : [],
    persistent: catchUp,
  });
}

/**
 * The timer comes with the app, so that a wrong time is refused before anything is changed, and is started when the
 * release is there.
 */
export const schedule = appComponent({
  name: 'schedule',
  fields,
  rules: [
    {
      path: 'every',
      error: 'is given beside at; keep one of them',
      holds: ({ at, every }) => at === undefined || every === undefined,
    },
    {
      path: 'catchUp',
      error: 'has no times that could be missed; give them as `at`, or leave it out',
      holds: ({ at, catchUp }) => !catchUp || at !== undefined,
    },
    {
      path: 'spread',
      error: 'delays nothing; give `at` or `every`, or leave it out',
      holds: ({ at, every, spread }) => !spread || at !== undefined || every !== undefined,
    },
  ],
  render: (app: Schedule) => {
    const text = timerText(app);
    if (text === undefined) return {};
    const fragment = `${folder}/${app.name}.timer`;
    return {
      app: [file(fragment, text, { check: 'systemd' })],
      site: [
        unit(`${app.name}.timer`, {
          ...{ enabled: 'enabled', active: 'active', fragment },
          ...{ change: 'restart', config: fragment },
        }),
      ],
    };
  },
});
