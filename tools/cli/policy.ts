/** `keelson policy`: fails where a preview breaks a policy. */
import { judge } from '../policy/policy.ts';
import { readPreview } from '../review/preview.ts';
import { projectAt } from '../review/touched.ts';
import type { Command } from './command.ts';

const usage = 'Usage: keelson policy PREVIEW.json…   (each of pulumi preview --json --show-sames)';

export const policy: Command = {
  name: 'policy',
  usage,
  summary: 'fails where a preview has what no server should have',
  async run(paths) {
    if (paths.length === 0 || paths.some((path) => !path.endsWith('.json'))) {
      console.error(usage);
      return 2;
    }
    const project = projectAt('.');
    let broken = 0;
    for (const preview of paths.map(readPreview)) {
      const { findings, exceptions } = judge(preview, project);
      for (const line of exceptions) console.log(`${preview.stack}: allowed: ${line}`);
      for (const line of findings) console.error(`${preview.stack}: ${line}`);
      broken += findings.length;
    }
    return broken > 0 ? 1 : 0;
  },
};
