/** How an instance stands: what happened to it behind Pulumi's back, in words. */
import type { InvokeOptions } from '@pulumi/pulumi';
import type { Standing } from '../pulumi/machine.ts';
import { sdk } from './sdk.ts';

type Asked = {
  readonly id: string;
  /** The elastic address that it is to have. */
  readonly address: string;
  /** Seconds that a start may take. */
  readonly boot: number;
  readonly now?: number;
};

/** Asks AWS how an instance of the last run stands. Not to be told is trouble as well. */
export async function standingOf(
  { id, address, boot, now = Date.now() }: Asked,
  options: InvokeOptions,
): Promise<Standing> {
  const { getInstance } = await sdk();
  try {
    const { instanceState, publicIp, launchTime } = await getInstance({ instanceId: id }, options);
    if (instanceState === 'pending') return { isYoung: true };
    const trouble = troubles[instanceState]?.(id) ?? lost(id, address, publicIp);
    const age = (now - Date.parse(launchTime)) / 1000;
    if (trouble !== undefined) return { trouble };
    return { isYoung: age < boot };
  } catch (error) {
    const { message } = error as Error;
    if (/NotFound|no matching|empty result|no results/i.test(message)) return { trouble: gone(id) };
    return { trouble: `AWS does not tell how its instance ${id} stands: ${message}` };
  }
}

const start = (id: string): string =>
  `start it (aws ec2 start-instances --instance-ids ${id}), then run this again`;

const gone = (id: string): string =>
  `its instance ${id} was terminated, and not by Pulumi; pulumi refresh, and the pulumi up after it makes it anew`;

const troubles: Readonly<Record<string, (id: string) => string>> = {
  stopped: (id) => `its instance ${id} is stopped; ${start(id)}`,
  stopping: (id) => `its instance ${id} is stopping; when it has stopped, ${start(id)}`,
  'shutting-down': gone,
  terminated: gone,
};

const lost = (id: string, address: string, has: string): string | undefined =>
  has === address
    ? undefined
    : `its instance ${id} has lost its elastic address ${address} and has ${has || 'none'} now; pulumi refresh, and the pulumi up after it gives it back, or a new one where it was released (then change its DNS records)`;
