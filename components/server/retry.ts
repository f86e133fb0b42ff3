/** What systemd has given up on is tried again each ten minutes: what it lacked may be back by then. */
import { file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const folder = '/etc/systemd/system';
const check = { check: 'systemd' } as const;

/**
 * A template timer, which units name: `OnFailure=keelson-retry@%n.timer`. It runs only while one of them is failed.
 *
 * That nothing is given up for good is Monit's and Kubernetes' answer too; ten minutes keep an app that cannot work from
 * taking the processor of others.
 */
export const retry = serverComponent({
  name: 'retry',
  fields: {},
  render: () => ({
    base: [
      file(`${folder}/keelson-retry@.service`, template('server/retry.service', {}), check),
      file(`${folder}/keelson-retry@.timer`, template('server/retry.timer', {})),
    ],
  }),
});
