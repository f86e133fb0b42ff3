import { ErrorWithRemedy } from '../lib/error.ts';
import { insideAddress, makeNetwork, runningContainers } from './container.ts';

/** The number of `npm start`, unless its stack file names another; never given to others. */
export const localNumber = 77;

/**
 * Makes the network of the wanted container, or of the first that is free, for an owner.
 * @throws ErrorWithRemedy that names who has the wanted one.
 */
export async function takeNumber(owner: string, wanted?: number): Promise<number> {
  const numbers = wanted === undefined ? freeNumbers() : [wanted];
  for (const number of numbers) {
    if (await makeNetwork(number, owner)) {
      return number;
    }
  }
  throw wanted === undefined
    ? new ErrorWithRemedy('All addresses 198.18.N.2 are in use.', 'Stop hosts that are not needed.')
    : await addressTaken(wanted);
}

/**
 * Finds out, before anything that takes long, whether the wanted number is there for a host's directory.
 * @throws ErrorWithRemedy that names who has it.
 */
export async function assertFree(number: number, directory: string): Promise<void> {
  const found = (await runningContainers()).find((container) => container.number === number);
  if (found && found.directory !== directory) throw addressTakenBy(number, found.directory);
}

async function addressTaken(number: number): Promise<ErrorWithRemedy> {
  const other = (await runningContainers()).find((container) => container.number === number);
  return addressTakenBy(number, other?.directory);
}

function addressTakenBy(number: number, directory?: string): ErrorWithRemedy {
  const address = insideAddress(number);
  const what = `The address ${address} is in use on this machine`;
  const other = `or choose another address in stacks/Pulumi.local.yaml: 198.18.N.2.`;
  return directory
    ? new ErrorWithRemedy(`${what} by ${directory}.`, `In that clone: npm run stop; ${other}`)
    : new ErrorWithRemedy(
        `${what}.`,
        `Free it; this shows who has it: ip route get ${address}; ${other}`,
      );
}

function* freeNumbers(): Generator<number> {
  for (let number = 1; number < 255; number++) {
    if (number !== localNumber) {
      yield number;
    }
  }
}
