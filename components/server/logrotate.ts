/**
 * Log rotation: each hour, since Debian looks once a day, in which a log that is chatty fills the disk.
 * Those of apps apart from the host's, and each app's by itself.
 */
import { aptPackage, directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const timer = 'logrotate.timer';
const service = 'logrotate.service';
const own = 'keelson-logrotate.service';
const units = '/etc/systemd/system';

/** Where each app has a file for logrotate, which is run for each of them alone. */
export const rotated = '/etc/keelson/logrotate.d';

/** All that the kit's logs rely on, and that a global option of /etc/logrotate.conf would else decide. */
const stated = [
  'su root root',
  'start 1',
  'minage 0',
  'minsize 0',
  'compresscmd /bin/gzip',
  'uncompresscmd /bin/gunzip',
  'compressext .gz',
  'compressoptions -6',
  'nodateext',
  'noolddir',
  'nomail',
  'nocopy',
  'norenamecopy',
  'noshred',
  'noallowhardlink',
]
  .map((option) => `\t${option}`)
  .join('\n');

/** What logrotate is told to keep logs for so many days, in each of which it may rotate them 24 times. */
export const rotations = (days: number) => ({ days, count: days * 24, stated });

export const logrotate = serverComponent({
  name: 'logrotate',
  fields: {},
  render: () => ({
    base: [
      aptPackage('logrotate'),
      file('/etc/logrotate.d/keelson', template('server/logrotate.conf', { stated }), {
        check: 'logrotate',
      }),
      directory(rotated, { whole: true }),
      file(`${rotated}/rotate`, template('server/rotate', {}), { mode: '0755' }),
      file(`${rotated}/cut`, template('server/cut', {}), { mode: '0755' }),
      file(`${rotated}/renew`, template('server/renew', {}), { mode: '0755' }),
      file(`${units}/${own}`, template('server/keelson-logrotate.service', {}), {
        check: 'systemd',
      }),
      directory(`${units}/${service}.d`),
      file(`${units}/${service}.d/keelson.conf`, template('server/logrotate.service', {})),
      directory(`${units}/${timer}.d`),
      file(`${units}/${timer}.d/keelson.conf`, template('server/logrotate.timer', {})),
      // Its failure is seen: of a disk that fills nothing else would tell.
      unit(service, { failed: 'no' }),
      unit(own, { failed: 'no' }),
      unit(timer, { enabled: 'enabled', active: 'active', change: 'restart' }),
    ],
  }),
});
