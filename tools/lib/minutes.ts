import { basename } from 'node:path';
import type { run } from 'node:test';

/** How long each test file took, a line each, for when all have ended. */
export function minutes(events: ReturnType<typeof run>): () => string {
  const lines: string[] = [];
  events.on('test:summary', ({ file, duration_ms }) => {
    if (file) lines.push(`${(duration_ms / 60_000).toFixed(1).padStart(5)} min  ${basename(file)}`);
  });
  return () => `\n${lines.join('\n')}\n`;
}
