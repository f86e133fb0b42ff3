/**
 * Keeps secrets out of the debug messages of Pulumi's SDK, which quotes each answer of the engine's in plain text: with
 * `--debug`, and always in what `pulumi up --json` prints.
 */
import { createRequire } from 'node:module';
import type * as pulumi from '@pulumi/pulumi';

/** That of the SDK's messages which quote what travels. */
const quotes = /\bRPC (prepared|finished)\b|^, (obj|props)=/;

// The object that all of the SDK's own modules ask, not the copy that an import makes of it.
const log = createRequire(import.meta.resolve('@pulumi/pulumi'))('./log/index.js') as {
  debug: typeof pulumi.log.debug;
};
const { debug } = log;
log.debug = (message, ...rest) =>
  quotes.test(message) ? Promise.resolve() : debug(message, ...rest);
