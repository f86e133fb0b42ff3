import { type Release, releases } from '../../tools/container/base.ts';

/**
 * On which releases of Debian a scenario is tried that does the same on both: on the one that is named, and with
 * `npm test -- --both` on the other one too.
 */
export const triedOn = (named: Release): readonly Release[] =>
  process.env.KEELSON_TEST_BOTH === 'yes' ? releases : [named];
