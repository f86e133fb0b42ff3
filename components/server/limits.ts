/** Limits: how many files a service may hold open. */
import { integer } from '../fields/index.ts';
import { directory, file } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const folder = '/etc/systemd/system.conf.d';

export const limits = serverComponent({
  name: 'limits',
  fields: {
    openFiles: integer(4096, 1048576)
      .prefault(524288)
      .describe('Files and connections that one service may hold open'),
  },
  render: ({ openFiles }) => ({
    base: [
      directory(folder),
      file(`${folder}/60-keelson.conf`, template('server/limits.conf', { openFiles })),
    ],
  }),
});
