/** `keelson policy`: fails where a preview breaks a policy. */
import { judge } from '../policy/policy.ts';
import { readPreview } from '../review/preview.ts';
import { projectAt } from '../review/touched.ts';

const usage = 'keelson policy PREVIEW.json…   (each of pulumi preview --json --show-sames)';

export const policy = {
  name: 'policy',
  usage,
  summary: 'fails where a preview has what no server should have',
  /** 0 where all is well, 1 where a policy is broken, 2 where it was called wrongly. */
  async run(paths: readonly string[]): Promise<number> {
    if (paths.length === 0 || paths.some((path) => !path.endsWith('.json'))) {
      console.error(`Usage: ${usage}`);
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

if (import.meta.main) process.exitCode = await policy.run(process.argv.slice(2));
