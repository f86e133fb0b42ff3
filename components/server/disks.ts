/** Disks: devices beside that of the system, formatted when they are empty, and mounted. */
import { z } from 'zod';
import { matching } from '../fields/matching.ts';
import type { Item } from '../host/item.ts';
import { aptPackage, directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

/** A place that the name of a unit can say. */
export const mount = matching(
  /^(?=.{1,100}$)\/(?:mnt|media|srv|opt|data)(?:\/[A-Za-z0-9][A-Za-z0-9_.]*)+$/,
  'is not a place to mount a disk at; write one such as /mnt/uploads, without a hyphen',
).describe('Where a disk is mounted, such as /mnt/uploads');

const device = matching(
  /^\/dev\/disk\/by-[a-z]+\/[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$/,
  'is not a lasting name of a device; write one below /dev/disk/by-id or /dev/disk/by-uuid',
).describe('Lasting name of a device, as below /dev/disk/by-id');

export const disks = serverComponent({
  name: 'disks',
  fields: {
    disks: z
      .record(mount, device)
      .optional()
      .describe(
        'Disks beside that of the system, by where they are mounted, such as /mnt/uploads; an empty one is formatted (ext4), one that holds anything never',
      ),
  },
  render: ({ disks = {} }) => {
    const items = Object.entries(disks).flatMap(([path, device]) => mounted(path, device));
    return { base: items.length > 0 ? [aptPackage('e2fsprogs'), ...items] : [] };
  },
});

/** A mount cannot format by itself as /etc/fstab's `x-systemd.makefs` would have it: a service before it does. */
function mounted(path: string, device: string): Item[] {
  const name = path.slice(1).replaceAll('/', '-');
  const folder = '/etc/systemd/system';
  const format = `keelson-format-${name}.service`;
  const view = {
    path,
    device,
    format,
    mount: `${name}.mount`,
    deviceUnit: `${escaped(device)}.device`,
  };
  const fragment = `${folder}/${view.mount}`;
  return [
    directory(path),
    file(`${folder}/${format}`, template('server/format.service', view)),
    file(fragment, template('server/disk.mount', view)),
    unit(view.mount, { enabled: 'enabled', active: 'active', fragment, change: 'reload' }),
  ];
}

/** As `systemd-escape --path` has it. */
const escaped = (path: string): string =>
  path
    .slice(1)
    .replace(/[^A-Za-z0-9:_./]/g, (it) => `\\x${it.charCodeAt(0).toString(16)}`)
    .replaceAll('/', '-');
