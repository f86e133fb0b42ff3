import assert from 'node:assert/strict';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import { testHost } from '../harness/host.ts';
import { append, chmod, stop } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import { assertNothingToDo, assertUntouched, type Stack, testStack } from '../harness/stack.ts';

/** Runs a preview, and fails when it left anything on the host, be it a time stamp or a file in memory. */
async function looksOnly(stack: Stack, words: RegExp): Promise<void> {
  const [host] = stack.hosts;
  // sudo notes in a home that somebody used it for the first time.
  await host?.ssh('sudo -n true');
  await assertUntouched(stack, async () => assert.match(said(await stack.preview()), words), {
    memory: true,
  });
}

const options = { user: 'admin' };

test('a preview of a host that nobody has touched leaves it so', async (t) => {
  const stack = await testStack(t, await testHost(t, options), {});
  stack.configure(config(writeCode(codeOf(stack))));
  await looksOnly(stack, /^\+ base: \d+ items/m);
});

test('a preview of a host that is as it should be leaves every byte and every time stamp', async (t) => {
  const { stack } = await provisionedHost(t, options);
  await looksOnly(stack, /^$/);
});

test('a preview of a host with drift of many kinds names it, and mends nothing', async (t) => {
  const { host, stack } = await provisionedHost(t, options);
  await chmod(host, '/etc/nginx/keelson.d/shop.conf', '0666');
  await append(host, '/etc/nginx/nginx.conf', '# by hand');
  await append(host, '$(readlink -f /srv/shop/current)/server.js', '// by hand');
  await host.exec(`rm /etc/keelson/sudoers.d/shop && mkfifo /etc/keelson/sudoers.d/by-hand
    usermod -s /bin/bash shop`);
  await stop(host, 'shop@3700.service', 'monit.service');
  await looksOnly(stack, /^! user shop shell \/bin\/bash → \/usr\/sbin\/nologin \(drift\)$/m);
});

test('files of two manifests that one service reads: what it cannot tell for one of them is no drift, and both are read again', async (t) => {
  const { host, stack } = await provisionedHost(t, options);
  const own = '/etc/monit/keelson.d/shop.conf';
  await host.exec(`rm ${own} && mkfifo ${own}`);
  await append(host, '/etc/keelson/logrotate.d/rotate', '# by hand');
  const named = ['file /etc/keelson/logrotate.d/rotate content', `file ${own} fifo, not file`];
  const drift = (text: string, words: RegExp) =>
    text.split('\n').flatMap((line) => words.exec(line)?.[1] ?? []);
  assert.deepEqual(drift(said(await stack.preview()), /^! (.*) \(drift\)$/).sort(), named);
  assert.deepEqual(drift(said(await stack.up()), /^drift +(.*)$/).sort(), named);

  // The service reads both, and has read the second before it is mended.
  await host.exec(
    'chgrp games /etc/keelson/filter.d/table.nft; chattr +i /etc/keelson/filter.d/app-shop.nft',
  );
  await stack.up();
  await assertNothingToDo(stack);

  // Of a file of the app's, while the server's manifest has something else to do.
  const site = '/etc/nginx/keelson.d/shop.conf';
  await host.exec(
    `cp -p ${site} /root/site && echo '# other' >>${site} && nginx -s reload && sleep 0.5 && cp -p /root/site ${site}
    ln -s /etc/hostname /etc/keelson/sudoers.d/by-hand`,
  );
  assert.ok(
    drift(said(await stack.up()), /^drift +(.*)$/).includes(
      'unit nginx.service config stale → current',
    ),
  );
  await assertNothingToDo(stack);
});
