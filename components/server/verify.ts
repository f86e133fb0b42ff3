/** Files of packages, compared each week with what was shipped; one that differs fails the service, which is an alert. */
import { aptPackage, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';
import { type Hardening, isHardened } from './hardening.ts';

const units = '/etc/systemd/system';

export const verify = serverComponent({
  name: 'verify',
  fields: {},
  render: (server: Hardening) =>
    isHardened(server, 'verify')
      ? {
          base: [
            aptPackage('debsums'),
            ...['service', 'timer'].map((type) =>
              file(
                `${units}/keelson-verify.${type}`,
                template(`server/verify/keelson-verify.${type}`, {}),
                { check: 'systemd' },
              ),
            ),
            unit('keelson-verify.timer', {
              enabled: 'enabled',
              active: 'active',
              change: 'restart',
            }),
          ],
        }
      : {},
});
