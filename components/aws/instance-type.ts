/** Instance types: what a machine will be, known before it is there. */
import type { InvokeOptions } from '@pulumi/pulumi';
import { sdk } from './sdk.ts';

export type Size = {
  readonly cores: number;
  readonly memoryMiB: number;
  /** As Debian calls it. */
  readonly architecture: 'amd64' | 'arm64';
};

/**
 * Cores, memory and architecture of an instance type.
 * @throws when the region does not have it.
 * @example await sizeOf('t4g.small', {}) // { cores: 2, memoryMiB: 2048, architecture: 'arm64' }
 */
export async function sizeOf(instanceType: string, options: InvokeOptions): Promise<Size> {
  const { getInstanceType } = await sdk();
  try {
    const found = await getInstanceType({ instanceType }, options);
    const { defaultVcpus: cores, memorySize: memoryMiB, supportedArchitectures } = found;
    const architecture = supportedArchitectures.includes('arm64') ? 'arm64' : 'amd64';
    return { cores, memoryMiB, architecture };
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `aws.type: "${instanceType}" cannot be looked up: ${message}; choose one that this region has`,
    );
  }
}
