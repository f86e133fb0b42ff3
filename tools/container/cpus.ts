import { readFileSync } from 'node:fs';
import { ErrorWithRemedy } from '../lib/error.ts';

/** The processors that this process may use, by number. */
export function usableCpus(status = readFileSync('/proc/self/status', 'utf8')): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** The first `count` usable processors as taskset wants them, such as `0,1`; all of them without a count. */
export function cpuList(count?: number, usable = usableCpus()): string {
  if (count === undefined) {
    return 'all';
  }
  if (count < 1 || count > usable.length) {
    throw new ErrorWithRemedy(
      `A host with ${count} processors cannot be made: this machine has ${usable.length}.`,
      `Choose 1 to ${usable.length}.`,
    );
  }
  return usable.slice(0, count).join(',');
}
