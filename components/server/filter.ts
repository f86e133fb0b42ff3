/**
 * The packet filter around the instances of apps: a table of nftables' own, beside whatever firewall there is.
 *
 * The port of an instance is its user's: nginx and root may ask there, nobody of the network, and where somebody
 * else listens, nobody is sent to him. Each app says its own part, see `components/app/reach.ts`.
 */
import { aptPackage, directory, file, ruleset, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

export const filterFolder = '/etc/keelson/filter.d';

const service = 'keelson-filter.service';

export const filter = serverComponent({
  name: 'filter',
  fields: {},
  render: () => ({
    base: [
      aptPackage('nftables'),
      directory('/etc/keelson'),
      directory(filterFolder, { whole: true }),
      file(`${filterFolder}/table.nft`, template('server/filter.nft', {}), { check: 'filter' }),
      file(`/etc/systemd/system/${service}`, template('server/filter.service', {}), {
        check: 'systemd',
      }),
      unit(service, {
        ...{ enabled: 'enabled', active: 'active', change: 'reload', config: filterFolder },
      }),
      ruleset('keelson'),
    ],
  }),
});
