/** Given: what Pulumi hands over of a stack file, before any of it is checked. */
import * as pulumi from '@pulumi/pulumi';
import { stackFile } from './stack-file.ts';

/** What Pulumi hands over: values by key without `keelson:`, and which of them are encrypted. */
export type Given = {
  values: Readonly<Record<string, unknown>>;
  encrypted: ReadonlySet<string>;
  /** What they were read from, where it is at hand. */
  file?: { readonly path: string; readonly text: string } | undefined;
  /** Whether files of this machine that it names may be missing. */
  isElsewhere?: boolean;
};

const prefix = 'keelson:';

/** The values of the current stack. */
export function givenByPulumi(): Given {
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), parseValue(value)] as const);
  // Exported, though not in the SDK's types: nothing else tells without a warning.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };
  const encrypted = entries.map(([key]) => key).filter((key) => isConfigSecret(prefix + key));
  return {
    values: Object.fromEntries(entries),
    encrypted: new Set(encrypted),
    file: stackFile(),
  };
}

/** Pulumi hands structured values over as JSON, plain text as it is. */
export function parseValue(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
