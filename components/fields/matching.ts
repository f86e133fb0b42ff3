import { z } from 'zod';

/** Text of one shape; `error` reads after the value that it complains about. */
export const matching = (pattern: RegExp, error: string) =>
  z.string({ error }).regex(pattern, { error });
