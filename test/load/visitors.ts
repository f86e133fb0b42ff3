/** Visitors of one site, who ask again and again and note who answers: for what happens between two apps. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';

export type Visited = {
  /** Answers by who gave them, as `who` tells, in the order in which they came first. */
  by: Record<string, number>;
  /** All that was no answer with status 200. */
  failed: string[];
};

export type Visitors = { leave: () => Promise<Visited> };

/** Of so many failures they have seen enough: a test that fails leaves its host, and them. */
const enough = 100;

/** Each request comes over a connection of its own. The sample app says its GREETING in its page. */
export function visit(
  host: DebianHost,
  domain: string,
  who = (page: string): string => /<h1>(\w+) from/.exec(page)?.[1] ?? page.slice(0, 40),
): Visitors {
  const visited: Visited = { by: {}, failed: [] };
  let isOver = false;
  const visitor = async () => {
    while (!isOver && visited.failed.length < enough) {
      const began = new Date().toISOString();
      try {
        const { status, body } = await ask(host, '/', { domain });
        if (status === 200) visited.by[who(body)] = (visited.by[who(body)] ?? 0) + 1;
        else visited.failed.push(`${began} status ${status}`);
      } catch (error) {
        visited.failed.push(`${began} ${(error as Error).message}`);
      }
      await sleep(50);
    }
  };
  const all = Promise.all([visitor(), visitor()]);
  return {
    leave: async () => {
      isOver = true;
      await all;
      return visited;
    },
  };
}
