/** A reporter for Node.js's test runner: how long each file took, when all have ended. */
import { basename } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

export default async function* minutes(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const lines: string[] = [];
  for await (const { type, data } of events)
    if (type === 'test:summary' && data.file)
      lines.push(
        `${(data.duration_ms / 60_000).toFixed(1).padStart(5)} min  ${basename(data.file)}`,
      );
  yield `\n${lines.join('\n')}\n`;
}
