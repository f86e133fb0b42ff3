import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Run, said } from '../../tools/engine.ts';
import { codeOf, config, hostLog, picture, writeCode } from '../chaos/scenario.ts';
import { diffSnapshots, type SandboxHost, testHost, traces } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { assertNothingToDo, changed, type Stack, testStack } from '../harness/stack.ts';

async function shop(stack: Stack): Promise<Stack> {
  stack.configure(config(writeCode(codeOf(stack))));
  await stack.setSecret('shop.TOKEN', 'a "secret" $word');
  return stack;
}

/** What the commands of a run did on the host. */
const done = ({ steps }: Run): string =>
  steps
    .filter(({ op, type }) => op !== 'same' && type === 'command:remote:Command')
    .map(({ outputs }) => `${outputs.stdout ?? ''}\n`)
    .join('');

/** Main processes of the services that no recovery may restart. */
const processes = (host: SandboxHost): Promise<string> =>
  host.exec('systemctl show -p MainPID --value nginx.service shop@4190.service shop@4191.service');

const isServed = async (host: SandboxHost): Promise<void> => {
  const { status, body } = await ask(host, '/', { domain: 'shop.example.com' });
  assert.deepEqual({ status, body }, { status: 200, body: 'ok\n' });
};

test('what was lost, on either side, is found again by the next up', async (t) => {
  const host = await testHost(t);
  const stack = await shop(await testStack(t, host, {}));
  await stack.up();
  const asProvisioned = await picture(host);

  await t.test('the state of Pulumi', async () => {
    const before = await processes(host);
    await stack.forget();
    const run = await stack.up();
    assert.deepEqual(
      changed(run).filter((it) => !it.startsWith('create ')),
      [],
    );
    assert.doesNotMatch(done(run), /^drift/m);
    assert.equal(await processes(host), before);
    assert.deepEqual(diffSnapshots(asProvisioned, await picture(host), { ignore: traces }), []);
    await assertNothingToDo(stack);
  });

  await t.test('what the host knew of the kit', async () => {
    const before = await processes(host);
    await host.exec('rm -rf /var/lib/keelson');
    const preview = await stack.preview();
    assert.match(said(preview), /^\+ base: (\d+) items, \1 of them as wanted already$/m);
    await stack.up();
    assert.equal(await processes(host), before);
    await assertNothingToDo(stack);
  });

  await t.test(
    'the whole host; neither umask, locale nor time zone tell in what lands',
    async () => {
      await host.rebuild();
      const { LANG, LC_ALL, TZ } = process.env;
      const umask = process.umask(0o000);
      Object.assign(process.env, {
        LANG: 'tr_TR.UTF-8',
        LC_ALL: 'tr_TR.UTF-8',
        TZ: 'Asia/Kolkata',
      });
      try {
        await host.exec(
          `sed -i 's/^UMASK.*/UMASK 000/' /etc/login.defs && echo 'umask 000' >>/root/.profile && mkdir -p /etc/systemd/system.conf.d && printf 'LANG=tr_TR.UTF-8\\nTZ=Asia/Kolkata\\n' >>/etc/environment`,
        );
        await stack.up();
      } finally {
        process.umask(umask);
        for (const [name, value] of Object.entries({ LANG, LC_ALL, TZ }))
          if (value === undefined) delete process.env[name];
          else process.env[name] = value;
      }
      const odd = /^file \/(etc\/login\.defs|etc\/environment|root\/|var\/log\/alternatives\.log)/;
      const left = diffSnapshots(asProvisioned, await picture(host), { ignore: traces });
      assert.deepEqual(
        left.filter((line) => !odd.test(line)),
        [],
      );
      await isServed(host);
      await assertNothingToDo(stack);
    },
  );

  await t.test('the host’s key has changed: nothing is sent', async () => {
    const log = await hostLog(host);
    await host.exec(
      'cp -a /etc/ssh /root/ssh && rm /etc/ssh/ssh_host_* && ssh-keygen -q -A && systemctl restart ssh',
    );
    const run = await stack.try('up');
    assert.notEqual(run.code, 0);
    assert.match(
      said(run),
      /server server \(root@[0-9.]+:22\): its host key is not the one that is known; nothing was sent/,
    );
    assert.deepEqual(await hostLog(host), log);
    await host.exec('rm -rf /etc/ssh && mv /root/ssh /etc/ssh && systemctl restart ssh');
    await stack.up();
  });

  await t.test('two runs at once, each with a state of its own', async () => {
    const other = await shop(await testStack(t, host, {}));
    await host.exec(
      'chmod 0666 /etc/nginx/nginx.conf && echo "# by hand" >>/etc/keelson/sudoers.d/shop',
    );
    const runs = await Promise.all([stack.try('up'), other.try('up')]);
    for (const run of runs) assert.equal(run.code, 0, said(run));
    const repairs = runs
      .map(done)
      .join('\n')
      .match(/^drift .*$/gm)
      ?.sort();
    assert.deepEqual(repairs, [
      'drift  file /etc/keelson/sudoers.d/shop: content',
      'drift  file /etc/nginx/nginx.conf: mode 0666 → 0644',
    ]);
    await stack.up();
    await assertNothingToDo(stack);
    await other.up();
  });

  await t.test('no host can be reached: the program’s changes alone are shown', async () => {
    await host.exec('chmod 0666 /etc/nginx/nginx.conf');
    const wanted = config(codeOf(stack));
    stack.configure({ ...wanted, drift: 'ignore' });
    await host.cutNetwork();
    const nothing = await stack.preview();
    assert.deepEqual(changed(nothing), []);
    assert.match(said(nothing), /^no host was looked at \(keelson:drift: ignore\)/m);
    const server = { ...(wanted.server as object), timezone: 'Asia/Tokyo' };
    stack.configure({ ...wanted, server, drift: 'ignore' });
    assert.deepEqual(changed(await stack.preview()), ['update server-base']);
    stack.configure(wanted);
    const failed = await stack.try('preview');
    assert.match(said(failed), /server server \(root@[0-9.]+:22\): cannot be reached/);
    await host.mendNetwork();
    await stack.up();
  });
});

test('a server that is down keeps no other from converging', async (t) => {
  const hosts = [await testHost(t), await testHost(t)] as const;
  const stack = await testStack(t, hosts, {});
  const { apps } = config(writeCode(codeOf(stack)));
  stack.configure({ apps });
  await stack.up();
  const [up, down] = hosts;
  await up.exec('chmod 0666 /etc/nginx/nginx.conf');
  await down.powerOff();
  const run = await stack.try('up');
  assert.notEqual(run.code, 0);
  assert.match(said(run), new RegExp(`server h2 \\(root@${down.address}:22\\): cannot be reached`));
  assert.equal(done(run).trim(), 'drift  file /etc/nginx/nginx.conf: mode 0666 → 0644');
  await down.boot();
  await stack.up();
  await assertNothingToDo(stack);
});
