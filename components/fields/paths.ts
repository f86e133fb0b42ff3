/** Paths: on the host, inside an app, on the machine that runs Pulumi. */
import { z } from 'zod';
import { matching } from './matching.ts';

const segment = '(?!\\.{1,2}(?:/|$))[A-Za-z0-9._@+][A-Za-z0-9._@+-]*';

/** An absolute path on the host, without `.`, `..`, a doubled slash or one at the end. */
export const hostPath = matching(
  new RegExp(`^(?=.{1,255}$)(?:/${segment})+$`),
  'is not an absolute path on the host; use letters, digits and ._@+- between slashes, no ..',
).describe('Absolute path on the host');

/** A path inside an app's code or directory; it cannot leave it. */
export const relativePath = matching(
  new RegExp(`^(?=.{1,255}$)${segment}(?:/${segment})*$`),
  'is not a path inside the app; use letters, digits and ._@+- between slashes, no .., no slash at either end',
).describe('Path inside the app, such as dist/server.js');

/** A path on the machine that runs Pulumi: relative to the project, absolute, or below `~/`. */
export const localPath = z
  .string()
  .min(1, 'is empty; give a path')
  .refine((path) => !path.startsWith('-----BEGIN '), {
    error: 'is what stands in a file; give the path of the file',
    abort: true,
  })
  .max(1024, 'is longer than 1024 characters; give a shorter path')
  .refine((path) => !/[\p{Cc}\p{Cs}]/u.test(path), {
    error: 'holds a control character; give a plain path',
  })
  .describe('Path on the machine that runs Pulumi, relative to the project');
