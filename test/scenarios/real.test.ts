/** Real apps that install within seconds, side by side; `npm run apps` tries more of them, on both Debian releases. */
import { test } from 'node:test';
import { testHost } from '../harness/host.ts';
import { assertNothingToDo, testStack } from '../harness/stack.ts';
import { inOrder, type Step } from '../harness/steps.ts';
import type { App } from '../real/app.ts';
import { express } from '../real/express.ts';
import { fastify } from '../real/fastify.ts';
import { described } from '../real/guide.ts';
import { prepared } from '../real/prepare.ts';
import { socketIo } from '../real/socket.io.ts';
import { settings, shows, siteOf } from '../real/trial.ts';

const chosen = [express, fastify, socketIo];

test('Express, Fastify and Socket.IO as they are, on one server', {
  timeout: 600_000,
}, async (t) => {
  const host = await testHost(t, { user: 'admin' });
  const stack = await testStack(t, host, {});
  const ready = async (app: App, port: number) => {
    const made = await prepared(app);
    return { app, made, port, told: described(app.section), site: siteOf(app, host, stack, made) };
  };
  const all: Awaited<ReturnType<typeof ready>>[] = [];
  for (const [index, app] of chosen.entries()) all.push(await ready(app, 3700 + 100 * index));
  const configure = (which: 'first' | 'second') =>
    stack.configure({
      server: Object.assign({}, ...all.map(({ told }) => told.server)),
      apps: Object.fromEntries(
        all.map(({ app, told, made, port }) => [
          told.name,
          { ...settings(told, app, made[which]), port },
        ]),
      ),
    });
  await inOrder(t, [
    [
      'come up with the stack files of the page about frameworks',
      async () => {
        configure('first');
        await stack.up();
        for (const { app, site } of all) await shows(app, site, 'from');
      },
    ],
    ...all.map(
      ({ app, site }): Step => [
        `${app.name} is used as its users do`,
        async () => void (await app.use(site)),
      ],
    ),
    [
      'are released in one run, and keep what they were given',
      async () => {
        configure('second');
        await stack.up();
        for (const { app, site } of all) {
          await shows(app, site, 'to');
          await app.still?.(site);
        }
        await assertNothingToDo(stack);
      },
    ],
  ]);
});
