/** Instance types: what a machine will be, known before it is there. */
import { sdk } from './sdk.ts';

export type Size = {
  readonly cores: number;
  readonly memoryMiB: number;
  /** As Debian calls it. */
  readonly architecture: 'amd64' | 'arm64';
};

const asked = new Map<string, Promise<Size>>();

/**
 * Cores, memory and architecture of an instance type; asked once a run.
 * @throws when the region does not have it.
 * @example await sizeOf('t4g.small') // { cores: 2, memoryMiB: 2048, architecture: 'arm64' }
 */
export function sizeOf(type: string): Promise<Size> {
  const known = asked.get(type) ?? ask(type);
  asked.set(type, known);
  return known;
}

async function ask(instanceType: string): Promise<Size> {
  const { getInstanceType } = await sdk();
  try {
    const found = await getInstanceType({ instanceType });
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
