/** Attempts of attackers: each is counted, and none may get through. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { DebianHost } from '../../harness/host.ts';
import { ask } from '../../harness/http.ts';

export class Attempts {
  #tried = 0;
  readonly #through: string[] = [];

  /** `gain`: what the attacker got; nothing where the attempt failed. */
  note(what: string, gain: unknown): void {
    this.#tried += 1;
    if (gain) this.#through.push(gain === true ? what : `${what}: ${JSON.stringify(gain)}`);
  }

  /** Fails when any got through. */
  end(): void {
    assert.deepEqual(this.#through, []);
  }

  /** Prints how many there were. */
  tell(t: TestContext): void {
    t.diagnostic(`${this.#tried} attempts, ${this.#through.length} got through`);
  }
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
