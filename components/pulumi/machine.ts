/** What a host's machine tells of itself where resources of the same program make it. */
import type * as pulumi from '@pulumi/pulumi';
import type { Facts } from '../host/facts.ts';

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
  /** The resource with which all that is on the host goes, so that nothing is run there. */
  readonly resource: Promise<pulumi.Resource>;
  /** How it stands, asked before the host is looked at. */
  readonly standing: Promise<Standing>;
};

export type Standing = {
  /** Why it cannot be looked at, and what to do; in words. */
  readonly trouble?: string;
  /** Seconds that it may take to boot, where it has been started a moment ago. */
  readonly boot?: number;
};
