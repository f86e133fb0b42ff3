/** Exceptions to the policies of `keelson policy`, each with its reason. */
import { z } from 'zod';
import { matching } from '../fields/matching.ts';

const reason = matching(
  /^(?=.{10})[^\p{C}]+$/u,
  'is no reason; say in ten characters or more, on one line, why it is right here',
).describe('Why');

const exception = (what: string) =>
  z
    .union([reason, z.record(z.string(), reason)])
    .optional()
    .describe(`${what}: why it is right here, or why for each of those that are named`);

export const exceptionsSchema = z
  .strictObject({
    'open-ssh': exception('Security groups that let the world in by SSH'),
    'unencrypted-volume': exception('Volumes that are not encrypted'),
    'plain-secret': exception('Settings that look like secrets, in plain text'),
    'no-health-check': exception('Apps whose health is asked at /'),
    'single-server': exception('A single server in production'),
  })
  .prefault({})
  .describe('Exceptions to the policies that `keelson policy` asks, each with its reason');

export type Exceptions = z.output<typeof exceptionsSchema>;
