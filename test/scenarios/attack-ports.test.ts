/** A hostile app, deployed by the kit, a login and the network against the ports of an app beside it. */
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../../tools/lib/pulumi.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { Attempts } from './attack/attempts.ts';
import { ports } from './attack/ports.ts';

for (const release of triedOn('bookworm'))
  test(`attacks on ports, ${release}`, async (t: TestContext) => {
    const { host, stack } = await provisionedHost(t, { cpus: 2, release });
    const { server, apps } = config(codeOf(stack)) as { server: object; apps: { shop: object } };
    const hostile = (name: string, port: number, more: object = {}) => ({
      ...{ source: join(root, 'test/apps/hostile'), start: 'server.js', port, instances: 1 },
      ...{ domains: [`${name}.example.com`], env: { BIND: '0.0.0.0' } },
      ...{ rollout: { drain: '1s', start: '20s', watch: '0s', answers: 1 }, ...more },
    });
    stack.configure({
      // What logins forward is to reach nothing even where they may.
      server: { ...(server as object), sshd: { forwarding: true } },
      apps: {
        ...apps,
        evil: hostile('evil', 4400),
        friend: hostile('friend', 4500, { reaches: ['shop'], metadata: true }),
      },
    });
    const attempts = new Attempts();
    await inOrder(t, [
      ['the hostile app is deployed', async () => void (await stack.up())],
      ...ports(stack, host, attempts),
      ['nothing is left to do', () => assertNothingToDo(stack)],
    ]);
    attempts.tell(t);
    attempts.end();
  });
