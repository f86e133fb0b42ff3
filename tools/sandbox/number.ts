import { insideAddress, makeNetwork, runningContainers } from './container.ts';
import { SandboxError } from './process.ts';

/** The number that `npm start` uses; never given to others. */
export const localNumber = 77;

/**
 * Makes the network of the wanted container, or of the first that is free, for an owner.
 * @throws SandboxError that names who has the wanted one.
 */
export async function takeNumber(owner: string, wanted?: number): Promise<number> {
  const numbers = wanted === undefined ? freeNumbers() : [wanted];
  for (const number of numbers) {
    if (await makeNetwork(number, owner)) {
      return number;
    }
  }
  throw wanted === undefined
    ? new SandboxError('All addresses 198.18.N.2 are in use.', 'Stop hosts that are not needed.')
    : await addressTaken(wanted);
}

async function addressTaken(number: number): Promise<SandboxError> {
  const other = (await runningContainers()).find((container) => container.number === number);
  const what = `The address ${insideAddress(number)} is in use on this machine`;
  return other
    ? new SandboxError(`${what} by ${other.directory}.`, 'In that clone: npm run stop.')
    : new SandboxError(
        `${what}.`,
        `Free it; this shows who has it: ip route get ${insideAddress(number)}`,
      );
}

function* freeNumbers(): Generator<number> {
  for (let number = 1; number < 255; number++) {
    if (number !== localNumber) {
      yield number;
    }
  }
}
