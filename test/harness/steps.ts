/** Stories of a test that need each other. */
import type { TestContext } from 'node:test';

/** What a step is called, and what it does. */
export type Step = readonly [title: string, action: () => Promise<void>];

/** Runs steps as tests of their own, one after another; after one that failed, the rest is skipped. */
export async function inOrder(t: TestContext, steps: readonly Step[]): Promise<void> {
  let failed = '';
  for (const [title, action] of steps)
    await t.test(title, async (own) => {
      if (failed) return own.skip(`needs: ${failed}`);
      failed = title;
      await action();
      failed = '';
    });
}
