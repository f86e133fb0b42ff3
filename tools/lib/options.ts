import { type ParseArgsConfig, parseArgs } from 'node:util';
import { red } from './terminal.ts';

/**
 * Reads the command line as `parseArgs()` does; what is wrong there ends the process with the usage.
 *
 *     const { values } = options('npm start [-- --host USER@ADDRESS]', { options: { host: { type: 'string' } } })
 */
export function options<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    // Without the `--` before it.
    for (const [name, { type }] of Object.entries(config.options ?? {}))
      if (type === 'string' && process.env[`npm_config_${name}`])
        throw new Error(`npm took --${name} for itself`);
    return parseArgs(config);
  } catch (error) {
    const [what] = (error as Error).message.split('. ');
    console.error(red(`${what}.\n  Usage: ${usage}`));
    process.exit(1);
  }
}
