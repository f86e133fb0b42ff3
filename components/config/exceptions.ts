/** Exceptions to the policies of `keelson policy`, each with its reason. */
import { z } from 'zod';
import { matching } from '../fields/matching.ts';

/** It goes into no file on a server; so any language will do, on one line. */
const reason = matching(
  /^[ -~\u00a1-\u1fff\u2010-\u2027\u2030-\ud7ff]{10,300}$/,
  'is no reason; say on one line, in ten characters or more, why it is right here',
).describe('Why it is right here');

const subject = matching(
  /^[\w./:@-]{1,200}$/,
  'is not what a policy names; copy it from its message',
).describe('What the policy names: a resource, a setting, an app, a server');

const exception = (what: string) =>
  z
    .union([reason, z.record(subject, reason)])
    .optional()
    .describe(`${what}: why, for all of them or by name`);

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
