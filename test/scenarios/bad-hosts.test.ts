/** Hosts on which the kit cannot work: each is told before anything is changed, or nothing of the run stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, type Stack } from '../harness/stack.ts';

type Bad = {
  what: string;
  spoil: string;
  mend: string;
  /** In what the preview says, or where it cannot know, `up`; nothing where the kit bears it. */
  preview?: RegExp;
  up?: RegExp;
};

/** A file that says otherwise, over the real one. */
const over = (path: string, text: string) => ({
  spoil: `printf '${text}' >/run/bad && mount --bind /run/bad ${path}`,
  mend: `umount ${path}`,
});

/** All that a root file system has where the kit writes: in a container that itself cannot be made so. */
const readOnly = '/etc /opt /srv /usr /var';

const table: readonly Bad[] = [
  {
    what: 'an older Debian',
    ...over('/etc/os-release', 'ID=debian\\nVERSION_ID=11\\nVERSION_CODENAME=bullseye\\n'),
    preview:
      /^server server \(admin@.*\): runs debian 11; Keelson supports Debian 12 \(bookworm\) and later/,
  },
  {
    what: 'another distribution',
    ...over('/etc/os-release', 'ID=ubuntu\\nVERSION_ID=24.04\\n'),
    preview:
      /^server server \(admin@.*\): runs ubuntu 24\.04; Keelson supports Debian 12 \(bookworm\) and later/,
  },
  {
    what: 'a login without sudo',
    spoil:
      "mount -t tmpfs -o mode=0755 none /etc/sudoers.d && printf 'root ALL=(ALL) ALL\\n' >/run/bad && chmod 0440 /run/bad && mount --bind /run/bad /etc/sudoers",
    mend: 'umount /etc/sudoers /etc/sudoers.d; rm -f /run/bad',
    preview:
      /: admin may not use sudo without a password; add "admin ALL=\(ALL\) NOPASSWD: ALL" with visudo, or log in as root$/,
  },
  {
    what: 'a root file system that cannot be written',
    spoil: `for d in ${readOnly}; do mount --bind $d $d && mount -o remount,ro,bind $d; done`,
    mend: `umount -l ${readOnly}`,
    up: /Read-only file system/,
  },
  {
    what: 'a /tmp from which nothing runs, and that is full',
    spoil: 'mount -t tmpfs -o noexec,size=4k none /tmp && head -c 4096 /dev/zero >/tmp/full',
    mend: 'umount /tmp',
  },
];

const bodySize = (stack: Stack, size: string): void => {
  const { server, apps } = config(codeOf(stack)) as { server: object; apps: { shop: object } };
  stack.configure({ server, apps: { shop: { ...apps.shop, bodySize: size } } });
};

/** What must be as it was after a run that was refused. */
const seen = (host: DebianHost): Promise<string> =>
  host.exec(
    'cd /; { find etc var/lib/keelson srv -xdev -type f -newer /run/before; sha256sum /etc/nginx/keelson.d/*.conf; } | sort',
  );

for (const release of triedOn('bookworm'))
  test(`hosts that are no good, on ${release}`, { timeout: 600_000 }, async (t) => {
    const { host, stack } = await provisionedHost(t, { release, user: 'admin' });
    for (const [turn, { what, spoil, mend, preview, up }] of table.entries())
      await t.test(what, async () => {
        bodySize(stack, `${turn + 11}M`);
        await host.exec('touch /run/before');
        const before = await seen(host);
        await host.exec(spoil);
        const told = preview ?? up;
        const run = await stack.try(preview ? 'preview' : 'up');
        await host.exec(mend);
        assert.equal(run.code === 0, told === undefined, said(run));
        if (told) assert.match(said(run), told);
        if (told) assert.equal(await seen(host), before);
        if (!preview) await stack.up();
      });
    await stack.up();
    await assertNothingToDo(stack);
  });
