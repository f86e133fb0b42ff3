#!/usr/bin/env node
/** The program `keelson`. */
import { keelson } from './call.ts';

process.exitCode = await keelson(process.argv.slice(2));
