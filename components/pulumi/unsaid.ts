/**
 * Keeps secrets out of the debug messages of Pulumi's SDK, which quotes each answer of the engine's in plain text: with
 * `--debug`, and always in what `pulumi up --json` prints. And spares the engine those of each resource that it
 * registers, which it says itself.
 */
import { createRequire } from 'node:module';
import type * as pulumi from '@pulumi/pulumi';

/** Those of the SDK's messages which quote what travels, or say nothing new. */
const unsaid = /\bRPC (prepared|finished)\b|^, (obj|props)=|^Registering resource: /;

// The object that all of the SDK's own modules ask, not the copy that an import makes of it.
const log = createRequire(import.meta.resolve('@pulumi/pulumi'))('./log/index.js') as {
  debug: typeof pulumi.log.debug;
};
const { debug } = log;
log.debug = (message, ...rest) =>
  unsaid.test(message) ? Promise.resolve() : debug(message, ...rest);
