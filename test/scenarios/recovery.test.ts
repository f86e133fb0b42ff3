import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Run, said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, diffSnapshots, traces } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { hostLog } from '../harness/on-host.ts';
import { picture } from '../harness/picture.ts';
import { copiedHost, provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import {
  assertNothingToDo,
  changed,
  type Stack,
  type StackConfig,
  testStack,
} from '../harness/stack.ts';

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
const processes = (host: DebianHost): Promise<string> =>
  host.exec('systemctl show -p MainPID --value nginx.service shop@3700.service shop@3701.service');

const isServed = async (host: DebianHost): Promise<void> => {
  const { status, body } = await ask(host, '/', { domain: 'shop.example.com' });
  assert.deepEqual({ status, body }, { status: 200, body: 'ok\n' });
};

test('what was lost, on either side, is found again by the next up', async (t) => {
  const { host, stack } = await provisionedHost(t);
  const asProvisioned = await picture(host);

  await t.test(
    'a run says what it did, as the host’s log does, and a quiet one says nothing',
    async () => {
      await host.exec(
        'logrotate --force /etc/logrotate.d/keelson && rm /var/log/keelson.log.1 && chmod 0666 /etc/logrotate.d/nginx',
      );
      const preview = await stack.pulumi(['preview', '--stack', 'scenario']);
      assert.match(preview.stdout, /! file .etc.logrotate.d.nginx mode 0666 → 0644/);
      assert.doesNotMatch(preview.stdout, /Outputs:/);
      const run = await stack.up();
      assert.equal(said(run), 'drift  file /etc/logrotate.d/nginx mode 0666 → 0644');
      const logged = (await hostLog(host)).map((line) => line.replace(/^(\S+ ){3}/, ''));
      assert.deepEqual(logged, done(run).trim().split('\n'));
      assert.equal(said(await stack.up()), '');
    },
  );

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

  await t.test('the server’s name: what has another one by then stays', async () => {
    const before = await processes(host);
    const { server, apps } = config(codeOf(stack));
    stack.configure({ servers: { web1: server as object }, apps });
    const run = await stack.up();
    assert.ok(changed(run).includes('delete server-base'), changed(run).join(', '));
    assert.doesNotMatch(done(run), /removed/);
    assert.equal(await processes(host), before);
    assert.deepEqual(diffSnapshots(asProvisioned, await picture(host), { ignore: traces }), []);
    await assertNothingToDo(stack);
    stack.configure({ server, apps } as StackConfig);
    await stack.up();
    await isServed(host);
  });

  await t.test('what the host knew of the kit', async () => {
    const before = await processes(host);
    const paths = '/srv/shop/current/ /etc/*/keelson.d /etc/*/keelson.d/* /etc/keelson/sudoers.d/*';
    const kept = await host.exec(`stat -c '%i %n' ${paths}`);
    await host.exec('rm -rf /var/lib/keelson');
    const words = said(await stack.preview());
    assert.match(words, /^\+ base: \d+ items, \d+ of them as wanted already$/m);
    // What services have read, and what trees hold, nobody knows any more; all else is as wanted.
    const rest = words.split('\n').filter((line) => !line.startsWith('+'));
    assert.deepEqual(
      rest.filter(
        (line) => !/^~ .* (config stale → current|content unknown → intact) \(found\)$/.test(line),
      ),
      [],
    );
    const run = await stack.up();
    assert.doesNotMatch(done(run), /^(drift|gone)/m);
    assert.equal(await processes(host), before);
    assert.equal(await host.exec(`stat -c '%i %n' ${paths}`), kept);
    await isServed(host);
    await assertNothingToDo(stack);
  });

  await t.test('what is of others stays, and stops nothing', async () => {
    await host.exec(`
      for d in /etc /run; do
        mkdir -p $d/systemd/system/service.d && printf '[Service]\nProtectProc=default\n' >$d/systemd/system/service.d/lxc.conf
      done
      systemctl daemon-reload
      printf '/var/log/other.log {\n\tno-such-word\n}\n' >/etc/logrotate.d/other
      echo 'other ALL = (' >/etc/sudoers.d/other`);
    await assertNothingToDo(stack);
    await host.exec('echo "# by hand" | tee -a /etc/sudoers.d/keelson >>/etc/logrotate.d/nginx');
    assert.match(
      done(await stack.up()),
      /^drift {2}file \/etc\/sudoers.d\/keelson content\n+drift {2}file \/etc\/logrotate.d\/nginx content\n*$/,
    );
    await host.exec(
      'rm -r /etc/systemd/system/service.d /run/systemd/system/service.d /etc/logrotate.d/other /etc/sudoers.d/other && systemctl daemon-reload',
    );
  });

  await t.test('what Monit cannot read of an app holds up nothing of the host', async () => {
    await host.exec(`echo '# by hand' >>/etc/sysctl.d/60-keelson.conf
      cd /etc/monit/keelson.d && rm shop.conf && perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("shop.conf")) or die'`);
    const said = done(await stack.up());
    for (const [path, key] of [
      ['/etc/sysctl.d/60-keelson.conf', 'content'],
      ['/etc/monit/keelson.d/shop.conf', 'socket, not file'],
    ])
      assert.match(said, new RegExp(`^drift  file ${path} ${key}$`, 'm'));
    await assertNothingToDo(stack);
  });

  await t.test(
    'a service that runs something else is told so, whatever is mended before',
    async () => {
      await host.exec(`cd /etc/nginx/keelson.d && cp -p shop.conf /tmp/site && echo '# other' >>shop.conf &&
      nginx -s reload && sleep 0.5 && cp -p /tmp/site shop.conf
      echo nonsense >/etc/keelson/sudoers.d/shop`);
      const said = done(await stack.up());
      assert.match(said, /^drift {2}file \/etc\/keelson\/sudoers\.d\/shop content$/m);
      assert.match(said, /^drift {2}unit nginx\.service config stale → current$/m);
      await assertNothingToDo(stack);
    },
  );

  await t.test('what comes back to a place that is to be empty is kept aside', async () => {
    await host.exec('echo "by hand" >/etc/nginx/sites-enabled/default');
    await stack.up();
    // Nothing that is there already is lost for it.
    const kept = `find /var/lib/keelson/aside -path '*/etc/nginx/sites-enabled/default' -exec cat {} +`;
    assert.match(await host.exec(kept), /^by hand$/m);
  });

  await t.test('a clock that was in the future hides no damage', async () => {
    await host.exec(`
      touch -d 2040-01-01 /var/lib/keelson/*/*
      cd /var/lib/keelson/blobs && printf x | dd of="$(ls | grep -v run | head -n 1)" bs=1 seek=100 conv=notrunc status=none`);
    assert.match(said(await stack.preview()), /^! blob \S+ missing → present \(drift\)$/m);
    await stack.up();
  });

  await t.test('a host that an older kit has left', async () => {
    await host.exec(`
      cd /var/lib/keelson && sed -i 's/ .*//' blobs/*.run && rm "$(ls -d blobs/* | grep -v run | head -n 1)"
      echo '# older' >>/usr/local/sbin/keelson
      hash=$(sha256sum </usr/local/sbin/keelson) && sed -i "s/sha256=.*/sha256=\${hash%% *}/" manifests/helper`);
    const words = said(await stack.preview());
    assert.match(words, /^~ file \/usr\/local\/sbin\/keelson content \(change\)$/m);
    assert.match(words, /^! blob \S+ missing → present \(drift\)$/m);
    await stack.up();
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
          `apt-get update -q && apt-get install -q -y --no-install-recommends locales && localedef -i tr_TR -f UTF-8 tr_TR.UTF-8
          echo 'session optional pam_umask.so umask=0000' >>/etc/pam.d/sshd && printf 'LANG=tr_TR.UTF-8\\nLC_ALL=tr_TR.UTF-8\\nTZ=Asia/Kolkata\\n' >>/etc/environment`,
          { timeout: 120_000 },
        );
        // Else this would show nothing.
        const odd = await host.ssh('umask; date +%Z; locale -k LC_NUMERIC | head -n 1');
        assert.equal(odd, '0000\nIST\ndecimal_point=","\n');
        await stack.up();
      } finally {
        process.umask(umask);
        for (const [name, value] of Object.entries({ LANG, LC_ALL, TZ }))
          if (value === undefined) delete process.env[name];
          else process.env[name] = value;
      }
      const odd =
        /^file \/(etc\/(pam\.d\/sshd|environment|locale|default\/locale)|root\/|var\/(log\/alternatives\.log|cache\/debconf|lib\/(ucf|locales)))/;
      // What Debian runs at its first boot alone; the host that was provisioned has booted since.
      const first =
        /^unit (ldconfig|systemd-(journal-catalog-update|sysusers|update-done))\.service: /;
      const left = diffSnapshots(asProvisioned, await picture(host), { ignore: traces });
      assert.deepEqual(
        left.filter((line) => !odd.test(line) && !first.test(line)),
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
    assert.match(
      repairs?.join('\n') ?? '',
      /^drift {2}file \/etc\/keelson\/sudoers.d\/shop content\ndrift {2}file \/etc\/nginx\/nginx.conf mode 0666 → 0644$/,
    );
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
  const hosts = [await copiedHost(t), await copiedHost(t)] as const;
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
  assert.equal(
    done(run).trim(),
    'drift  file /etc/nginx/nginx.conf mode 0666 → 0644\nchange unit nginx.service: reloaded',
  );
  const { apps: running } = (await stack.outputs()) as { apps: Record<string, string> };
  assert.deepEqual(Object.keys(running), ['h1/shop', 'h2/shop']);
  await down.boot();
  assert.deepEqual(
    changed(await stack.up()).filter((it) => !it.startsWith('update ')),
    [],
  );
  await assertNothingToDo(stack);

  await t.test('nor does one whose commands fail, where Pulumi is to go on', async () => {
    for (const host of hosts) await host.exec('chmod 0666 /etc/monit/monitrc');
    await up.exec('mount --bind /etc/monit /etc/monit && mount -o remount,ro,bind /etc/monit');
    const run = await stack.try('up', ['--continue-on-error']);
    await up.exec('umount /etc/monit');
    assert.notEqual(run.code, 0);
    assert.deepEqual(
      run.failed.map(({ name }) => name),
      ['h1-base'],
    );
    assert.match(done(run), /^drift {2}file \/etc\/monit\/monitrc mode 0666 → 0600$/m);
    await stack.up();
    await assertNothingToDo(stack);
  });
});
