/** Log rotation: each hour, since Debian looks once a day, in which a log that is chatty fills the disk. */
import { aptPackage, directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const timer = 'logrotate.timer';
const folder = `/etc/systemd/system/${timer}.d`;

/** What logrotate is told to keep logs for so many days, in each of which it may rotate them 24 times. */
export const rotations = (days: number) => ({ days, count: days * 24 });

export const logrotate = serverComponent({
  name: 'logrotate',
  fields: {},
  render: () => ({
    base: [
      aptPackage('logrotate'),
      file('/etc/logrotate.d/keelson', template('server/logrotate.conf', {}), {
        check: 'logrotate',
      }),
      directory(folder),
      file(`${folder}/keelson.conf`, template('server/logrotate.timer', {})),
      unit(timer, { enabled: 'enabled', active: 'active', change: 'restart' }),
    ],
  }),
});
