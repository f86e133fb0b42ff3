/** Policies: what fails a preview, whatever the program says. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError, readConfig } from '../../components/config/config.ts';
import { type Exceptions, exceptionsSchema } from '../../components/config/exceptions.ts';
import { parseValue } from '../../components/config/given.ts';
import { examine } from '../../components/config/problem.ts';
import { secretKeys } from '../../components/config/secret-keys.ts';
import { stackFolder } from '../../components/config/stack-file.ts';
import type { Judged } from '../review/comment.ts';
import type { Preview } from '../review/preview.ts';
import type { Project } from '../review/touched.ts';
import { configFindings } from './apps.ts';
import { awsFindings } from './aws.ts';
import type { Finding } from './finding.ts';
import { plainSettings } from './secrets.ts';

/**
 * Holds a preview, and the configuration that it was made of, against the policies. Run Pulumi with `--show-sames`:
 * a resource that does not change is in a preview only then.
 * @example judge(readPreview('production.json'), projectAt('.')).findings
 */
export function judge(preview: Preview, project: Project): Judged {
  const { config, exceptions: allowed, problems } = configOf(preview, project);
  const ports = config?.hosts.flatMap(({ server }) => server.port ?? []) ?? [];
  const found = [
    ...(config ? configFindings(preview.stack, config) : []),
    ...plainSettings(preview.config),
    ...awsFindings(preview.steps, [22, ...ports]),
  ];
  const { findings, exceptions } = sorted(found, allowed);
  const unread = [
    ...problems,
    ...(preview.hasPlan
      ? []
      : ['policy: there is no preview to look at; mend what the preview says']),
  ];
  return { findings: [...unread, ...findings], exceptions };
}

type Read = { config?: Config; exceptions: Exceptions; problems: string[] };

/** What has a meaning without the rest of a stack file: `ci/preview.sh` sets the one, we read the other. */
const alone = ['drift', 'exceptions'];

/** What Pulumi was given, read as the program reads it; of a program of one's own its exceptions. */
function configOf({ config, stack }: Preview, project: Project): Read {
  const entries = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith('keelson:') ? [[key.slice('keelson:'.length), parseValue(value)] as const] : [],
  );
  const values = Object.fromEntries(entries);
  if (entries.every(([key]) => alone.includes(key))) {
    const { value = {}, problems } = examine(exceptionsSchema, values.exceptions, ['exceptions']);
    return { exceptions: value, problems };
  }
  const path = join(stackFolder(project.directory), `Pulumi.${stack}.yaml`);
  const file = existsSync(path) ? { path, text: readFileSync(path, 'utf8') } : undefined;
  try {
    const read = readConfig({ values, encrypted: new Set(secretKeys), file });
    return { config: read, exceptions: read.exceptions, problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { exceptions: {}, problems: [...error.problems] };
  }
}

/** Those that an exception lets pass, and the others; what is found on several servers is told once. */
function sorted(found: readonly Finding[], exceptions: Exceptions): Judged {
  const told = new Set<string>();
  const findings = found.filter(({ rule, subject }) => {
    const exception = exceptions[rule];
    const reason = typeof exception === 'object' ? exception[subject] : exception;
    if (reason !== undefined) told.add(`${rule}: ${subject}: ${reason}`);
    return reason === undefined;
  });
  const lines = new Set(findings.map(({ rule, text }) => `${rule}: ${text}`));
  return { findings: [...lines], exceptions: [...told] };
}
