/** Controls as goss asks for them, and what it found. */
import { z } from 'zod';
import type { Control } from './control.ts';

/** A file of goss: each control is a command that must end with 0. */
export function gossFile(controls: readonly Control[]): string {
  const command = Object.fromEntries(
    controls.flatMap(({ id, title, holds }) =>
      holds === undefined
        ? []
        : [[id, { title, exec: holds, 'exit-status': 0, stdout: [], timeout: 60_000 }]],
    ),
  );
  return JSON.stringify({ command });
}

const answer = z.object({
  results: z.array(z.object({ 'resource-id': z.string(), successful: z.boolean() })),
});

/** The controls that do not hold, by their numbers. */
export function failedOf(printed: string): string[] {
  const { results } = answer.parse(JSON.parse(printed));
  const failed = results.filter(({ successful }) => !successful);
  return [...new Set(failed.map((result) => result['resource-id']))];
}
