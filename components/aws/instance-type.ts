/** Instance types: what a machine will be, known before it is there. */
import type { InvokeOptions } from '@pulumi/pulumi';
import { sdk } from './sdk.ts';

export type Size = {
  readonly cores: number;
  readonly memoryMiB: number;
  /** As Debian calls it. */
  readonly architecture: 'amd64' | 'arm64';
};

/** With how its volumes are attached. */
type Type = { readonly size: Size; readonly hasNvme: boolean };

/**
 * Cores, memory and architecture of an instance type, and whether it attaches volumes by NVMe.
 * @throws when the region does not have it.
 * @example await typeOf('t4g.small', {}) // { size: { cores: 2, memoryMiB: 2048, architecture: 'arm64' }, hasNvme: true }
 */
export async function typeOf(instanceType: string, options: InvokeOptions): Promise<Type> {
  const { getInstanceType } = await sdk();
  try {
    const found = await getInstanceType({ instanceType }, options);
    const { defaultVcpus: cores, memorySize: memoryMiB, supportedArchitectures } = found;
    const architecture = supportedArchitectures.includes('arm64') ? 'arm64' : 'amd64';
    const hasNvme = found.ebsNvmeSupport !== 'unsupported';
    return { size: { cores, memoryMiB, architecture }, hasNvme };
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `aws.type: "${instanceType}" cannot be looked up: ${message}; choose one that this region has`,
    );
  }
}
