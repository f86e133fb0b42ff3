/** A hostile app, deployed by the kit, against its sandbox and against what it was allowed to ask. */
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../../tools/lib/pulumi.ts';
import { exposures } from '../harness/exposure.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';
import { Attempts } from './attack/attempts.ts';
import { outgoing } from './attack/outgoing.ts';
import { sandbox } from './attack/sandbox.ts';

for (const release of triedOn('bookworm'))
  test(`attacks from within the sandbox, ${release}`, async (t: TestContext) => {
    const { host, stack } = await provisionedHost(t, { cpus: 2, release });
    const { server, apps } = config(codeOf(stack)) as { server: object; apps: object };
    const gateway = (await host.exec('ip route show default')).split(' ')[2] as string;
    const hostile = (name: string, port: number, more: object = {}) => ({
      ...{ source: join(root, 'test/apps/hostile'), start: 'server.js', port, instances: 1 },
      ...{ domains: [`${name}.example.com`] },
      ...{ rollout: { drain: '1s', start: '20s', watch: '0s', answers: 1 }, ...more },
    });
    const to = [
      ...['tcp', 'udp'].map((protocol) => ({ address: gateway, port: 14501, protocol })),
      { address: 'fd77::1', port: 14501 },
    ];
    stack.configure({
      server,
      apps: {
        ...apps,
        evil: hostile('evil', 4400, { sandbox: { network: { to } } }),
        held: hostile('held', 4500, { listen: 'socket' }),
      },
    });
    const attempts = new Attempts();
    await inOrder(t, [
      ['the hostile app is deployed', async () => void (await stack.up())],
      ...outgoing({ stack, host, gateway, attempts }),
      ...sandbox(host, attempts),
      [
        'exposure is told',
        async () => {
          const units = ['shop@3700', 'evil@4400', 'held@4500', 'nginx', 'monit', 'keelson-filter'];
          const own = ['keelson-logrotate', 'keelson-retry@x', 'keelson-failed@x'];
          t.diagnostic(JSON.stringify(await exposures(host, [...units, ...own])));
        },
      ],
      ['nothing is left to do', () => assertNothingToDo(stack)],
    ]);
    attempts.tell(t);
    attempts.end();
  });
