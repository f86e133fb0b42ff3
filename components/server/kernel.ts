/** The kernel: settings fit for a loaded web server, live and over a reboot. */
import { z } from 'zod';
import type { Item } from '../host/item.ts';
import { file, sysctl } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const sysctlSchema = z
  .record(
    z
      .string()
      .regex(/^(?:net|fs|kernel|vm)(?:\.[a-z0-9_-]{1,64}){1,6}$/, {
        error: 'is not a kernel setting; write one such as net.core.somaxconn',
      })
      .describe('Name of a kernel setting'),
    z
      .union([z.int(), z.string()])
      .transform(String)
      .pipe(
        z.string().regex(/^-?[A-Za-z0-9_]{1,64}(?: -?[A-Za-z0-9_]{1,64}){0,7}$/, {
          error: 'is not a kernel value; write numbers or words with one space between them',
        }),
      )
      .describe('Value of the setting, as sysctl prints it'),
  )
  .describe('Kernel settings besides, or instead of, those of the kit');

export type Tuned = { sysctl: z.output<typeof sysctlSchema> };

export type KernelSetting = {
  readonly key: string;
  readonly value: string;
  readonly reason: string;
};

/**
 * Settings for many short connections. All are a network namespace's own, so that they
 * exist and can be set in a container as well as on a machine, from Linux 4.19 on.
 * What each means: Documentation/networking/ip-sysctl.rst and admin-guide/sysctl/net.rst.
 */
const kernelSettings: readonly KernelSetting[] = [
  {
    key: 'net.core.somaxconn',
    value: '8192',
    reason: 'Connections that wait for accept() in a burst; 4096 since Linux 5.4.',
  },
  {
    key: 'net.ipv4.tcp_max_syn_backlog',
    value: '8192',
    reason: 'Half-open connections that wait in a burst; the default follows the memory.',
  },
  {
    key: 'net.ipv4.ip_local_port_range',
    value: '32768 65535',
    reason:
      'Outgoing connections, nginx’s to the apps included; what listens is below, databases too.',
  },
  {
    key: 'net.ipv4.tcp_tw_reuse',
    value: '2',
    reason: 'A closed connection on the loopback does not block its port for a minute.',
  },
];

/** The kit's kernel settings with those of the stack file in their places. */
export function sysctls(server: Tuned): KernelSetting[] {
  const settings = new Map(kernelSettings.map((setting) => [setting.key, setting]));
  for (const [key, value] of Object.entries(server.sysctl))
    settings.set(key, { key, value, reason: 'From the stack file.' });
  return [...settings.values()];
}

/** The first and the last port from which outgoing connections start. */
export function outgoingPorts(server: Tuned): readonly [number, number] {
  const range = sysctls(server).find(({ key }) => key === 'net.ipv4.ip_local_port_range');
  const [low = 0, high = 0] = (range?.value ?? '').split(' ').map(Number);
  return [low, high];
}

/** The settings' file, and each of them as it is live. */
export const kernel = serverComponent({
  name: 'kernel',
  fields: { sysctl: sysctlSchema.prefault({}) },
  render: (server) => {
    const all = sysctls(server);
    const isOwn = ({ key }: KernelSetting) => key in server.sysctl;
    const own = all.filter(isOwn);
    return {
      base: settings(
        '60-keelson',
        all.filter((setting) => !isOwn(setting)),
      ),
      // Values of people's own, of which some keep everybody out, such as net.ipv4.conf.all.rp_filter.
      ...(own.length > 0 && { access: settings('61-keelson', own) }),
    };
  },
});

const settings = (name: string, all: readonly KernelSetting[]): Item[] =>
  kernelFile(name, 'Kernel settings of a web server, kept over a reboot.', all);

/**
 * Settings of the kernel, live and over a reboot.
 * @param name of their file in /etc/sysctl.d, which says what they are `about`.
 * @param options with `optional`, one that a kernel does not have is passed over.
 */
export const kernelFile = (
  name: string,
  about: string,
  all: readonly KernelSetting[],
  { optional = false } = {},
): Item[] => [
  file(
    `/etc/sysctl.d/${name}.conf`,
    template('server/sysctl.conf', { about, optional, settings: all }),
  ),
  ...all.map(({ key, value }) => sysctl(key, value, { optional })),
];
