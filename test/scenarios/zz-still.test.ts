import { test } from 'node:test';
import { stillOn } from './types/still.ts';

test('still', (t) => stillOn(t, 'trixie'));
