/**
 * Updates: security updates of Debian are installed by night, and what still runs on what they replaced is started
 * anew, the instances of apps by their own rollouts: see `files/host/updated.sh`.
 */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import type { Item } from '../host/item.ts';
import { aptPackage, directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const hour = (fault: string) =>
  field
    .matching(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, `${fault}; write one such as 04:00, in quotes`)
    .describe('Time of the day, such as 04:00, in the time zone of the server');

/** As `unattended-upgrades` has them. What follows Debian's own release is named by words. */
const patterns: Readonly<Record<string, string>> = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of unattended-upgrades
  security: 'origin=Debian,codename=${distro_codename}-security,label=Debian-Security',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of unattended-upgrades
  updates: 'origin=Debian,codename=${distro_codename}-updates,label=Debian',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of unattended-upgrades
  stable: 'origin=Debian,codename=${distro_codename},label=Debian',
};

const origin = field.matching(
  /^(?:security|updates|stable|(?:origin|label|suite|codename|component|site)=[A-Za-z0-9*][A-Za-z0-9 ._*:/-]{0,60}(?:,(?:origin|label|suite|codename|component|site)=[A-Za-z0-9*][A-Za-z0-9 ._*:/-]{0,60}){0,5})$/,
  'is no origin of packages; write security, updates, stable, or a pattern such as origin=NodeSource,codename=nodistro (apt-cache policy lists them, as o=, n=, l=)',
);

const updatesSchema = z
  .union([
    z.literal(false),
    z.strictObject({
      from: z
        .array(origin)
        .min(1, 'is empty; name an origin, or write `updates: false`')
        .prefault(['security'])
        .describe(
          'Origins whose updates are installed: `security`, `updates` and `stable` are Debian’s own; others as unattended-upgrades has them',
        ),
      exclude: z
        .array(field.packageName)
        .prefault([])
        .describe('Packages that are left as they are, such as a database’s'),
      at: hour('is not a time of the day')
        .prefault('04:00')
        .describe(
          'When they are installed, or up to half an hour later; in the time zone of the server',
        ),
      reboot: z
        .union([z.literal('never'), hour('is neither `never` nor a time of the day')])
        .prefault('never')
        .describe(
          'When the server is rebooted where an update asks for it, such as a kernel’s: `never`, which status and alerts tell instead, or a time of the day',
        ),
    }),
  ])
  .describe(
    'Security updates, installed by night, after which what runs on replaced files is started anew, instance by instance; `false`: whoever installs them now goes on',
  );

const units = '/etc/systemd/system';
/** What apt is told in that run alone. */
const settings = '/etc/keelson/updates.conf';

export const updates = serverComponent({
  name: 'updates',
  fields: { updates: updatesSchema.prefault({}) },
  render: ({ updates }) => {
    if (!updates) return {};
    const { from, exclude, at, reboot } = updates;
    const view = {
      patterns: from.map((name) => patterns[name] ?? name),
      // A regular expression that begins with the name.
      excluded: exclude.map((name) => name.replace(/[+.]/g, '[$&]')),
      times: reboot === 'never' ? [] : [reboot],
      rebooting: reboot !== 'never',
    };
    return {
      base: [
        aptPackage('unattended-upgrades'),
        file('/etc/apt/apt.conf.d/60keelson', template('server/updates/apt.conf', view)),
        directory('/etc/keelson'),
        file(settings, template('server/updates/run.conf', {})),
        directory('/etc/needrestart'),
        directory('/etc/needrestart/conf.d'),
        file('/etc/needrestart/conf.d/keelson.conf', template('server/updates/needrestart', {})),
        file(`${units}/keelson-updated.service`, template('server/updates/updated.service', {}), {
          check: 'systemd',
        }),
        ...daily(at),
      ],
    };
  },
});

/** Debian's own timers of apt. */
const daily = (at: string): Item[] => [
  ...['service', 'timer'].flatMap((type) => [
    directory(`${units}/apt-daily-upgrade.${type}.d`),
    file(
      `${units}/apt-daily-upgrade.${type}.d/keelson.conf`,
      template(`server/updates/daily.${type}`, { at, settings }),
    ),
  ]),
  unit('apt-daily.timer', { enabled: 'enabled', active: 'active' }),
  unit('apt-daily-upgrade.timer', { enabled: 'enabled', active: 'active', change: 'restart' }),
];
