/** sudo: a directory of the kit's own for what deploy users may do with each app, and what it must not record. */
import { aptPackage, directory, file } from '../host/kinds.ts';
import { helperPath } from '../host/script.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

export const sudoersFolder = '/etc/keelson/sudoers.d';

export const sudoers = serverComponent({
  name: 'sudoers',
  fields: {},
  render: () => ({
    base: [
      aptPackage('sudo'),
      directory('/etc/keelson'),
      directory(sudoersFolder, { mode: '0750', whole: true }),
      file('/etc/sudoers.d/keelson', template('server/sudoers', { helper: helperPath }), {
        mode: '0440',
        check: 'sudoers',
      }),
    ],
  }),
});
