/** Attempts of attackers: each is counted, and none may get through. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { DebianHost } from '../../harness/host.ts';
import { ask } from '../../harness/http.ts';

export type Attempts = {
  /** Tries something; `through` says what the attacker got, and nothing when it got nothing. */
  attempt: (what: string, through: () => Promise<unknown>) => Promise<void>;
  /** Fails the test when any got through, and prints how many there were. */
  count: (t: TestContext) => void;
};

export function attempts(): Attempts {
  const got: string[] = [];
  let made = 0;
  return {
    attempt: async (what, through) => {
      made += 1;
      const gain = await through();
      if (gain) got.push(`${what}: ${JSON.stringify(gain)}`);
    },
    count: (t) => {
      t.diagnostic(`${made} attempts, ${got.length} got through`);
      assert.deepEqual(got, []);
    },
  };
}

/** Has the hostile app run code, in its sandbox and with all that it may do; what it returns, or its error. */
export async function inside(
  host: DebianHost,
  code: string,
  domain = 'evil.example.com',
): Promise<{ value?: unknown; error?: string }> {
  const { body } = await ask(host, '/do', { domain, method: 'POST', body: code });
  return JSON.parse(body);
}
