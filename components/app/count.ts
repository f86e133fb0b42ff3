/** How many instances there are of an app that listens nowhere. */
import { integer } from '../fields/index.ts';
import { appComponent, type Named } from './component.ts';

const fields = {
  instances: integer(1, 256).prefault(1).describe('Number of instances of a worker'),
};

/** Instances by number, from 1. */
export const numbersOf = ({ instances }: Pick<Named<typeof fields>, 'instances'>): number[] =>
  Array.from({ length: instances }, (_, index) => index + 1);

export const count = appComponent({
  name: 'count',
  fields,
});
