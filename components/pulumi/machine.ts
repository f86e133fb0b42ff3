/** What a host's machine tells of itself where resources of the same program make it. */
import * as pulumi from '@pulumi/pulumi';
import type { HostConfig } from '../config/host.ts';
import type { Facts } from '../host/facts.ts';
import type { Given } from './inputs.ts';

/** A machine that may not be there yet. */
export type Machine = {
  /** Not known in a preview in which it is made, or made anew. */
  readonly address: pulumi.Input<string>;
  readonly user: string;
  /** `ssh-ed25519 AAAA…`; the very first connection is held against it. */
  readonly hostKey: pulumi.Input<string>;
  /** Devices that are to be mounted, by path. */
  readonly disks: pulumi.Input<Record<string, string>>;
  /** What it will be, known before it is there. */
  readonly facts: Promise<Partial<Facts>>;
  /** Seconds that a boot may take, until cloud-init is done. */
  readonly boot: number;
  /** The resource with which all that is on the host goes, so that nothing is run there. */
  readonly resource: Promise<pulumi.Resource>;
  /** How it stands, asked before the host is looked at. */
  standing(): Promise<Standing>;
};

export type Standing = {
  /** Why it cannot be looked at, and what to do; in words. */
  readonly trouble?: string;
  /** It has been started a moment ago, and may not answer yet. */
  readonly isYoung?: boolean;
};

type Settings = Readonly<Record<string, unknown>>;

/**
 * What is waited for before a host is looked at: its arguments, and what its machine tells of the way to it. What is
 * given beside the machine holds, such as the user of another image.
 */
export function reachedBy(machine: Machine | undefined, rest: Settings): Settings {
  const { config, ...settings } = rest as Settings & { config?: HostConfig };
  if (!machine) return settings;
  const own = config ? loginOf(config) : settings;
  const disks = pulumi
    .all([own.disks ?? {}, machine.disks])
    .apply(([given, made]) => ({ ...(given as object), ...made }));
  const { address, user } = machine;
  // Asked for alone where nobody names another.
  const hostKey = own.hostKey ?? machine.hostKey;
  return { user, ...own, hostKey, address, disks };
}

/** What a stack file says of it beside the machine. */
const loginOf = ({ server: { user, hostKey, disks } }: HostConfig): Settings =>
  Object.fromEntries(
    Object.entries({ user, hostKey, disks }).filter(([, value]) => value !== undefined),
  );

/** A host of a stack file, reached as its machine says; where that is not known yet, as nobody is. */
export const onMachine = (config: HostConfig, { values }: Pick<Given, 'values'>): HostConfig => ({
  ...config,
  server: { ...config.server, ...values },
});
