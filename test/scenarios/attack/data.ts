/** What an app can put below its own directories, what it can make others read, and what it leaves. */
import assert from 'node:assert/strict';
import { type Run, said } from '../../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../../harness/host.ts';
import { does, lines, waitFor } from '../../harness/on-host.ts';
import { codeOf } from '../../harness/small-app.ts';
import type { Stack } from '../../harness/stack.ts';
import type { Step } from '../../harness/steps.ts';
import type { Attempts } from './attempts.ts';
import { asApp, behave, hostileCode, type Manner } from './hostile.ts';

type Target = { host: DebianHost; stack: Stack };

const rollout = { drain: '1s', start: '20s', watch: '0s', answers: 1 };

/** The hostile app, and beside it one that does no harm. */
function configure(stack: Stack, manner: Manner | 'none' = 'well', more: object = {}): void {
  const shop = {
    ...{ source: hostileCode(stack, manner === 'none' ? 'well' : manner), start: 'server.js' },
    ...{ domains: ['shop.example.com'], health: '/health', instances: 1, port: 3700 },
    ...{ uploads: { '/media': 'media' }, data: ['data'], logs: { to: 'files', size: '1M' } },
    ...{ stopTimeout: '2s', rollout, ...more },
  };
  const other = {
    ...{ source: codeOf(stack), start: 'server.js', domains: ['default'], port: 4300 },
    ...{ instances: 1, logs: { to: 'files', size: '1M' }, stopTimeout: '2s', rollout },
  };
  stack.configure({
    server: { monit: { interval: '5s' } },
    apps: manner === 'none' ? { other } : { shop, other },
  });
}

/** Calls an action while the host notes, ten times a second, the greatest number that a command prints. */
async function greatest(host: DebianHost, command: string, action: () => Promise<unknown>) {
  const noted = '/run/greatest';
  await host.exec(
    `rm -f ${noted}; systemd-run -q --unit=greatest sh -c 'max=0; while :; do now=$(${command}); [ "\${now:-0}" -le "$max" ] || { max=$now; echo "$max" >${noted}; }; sleep 0.1; done'`,
  );
  await action();
  await host.exec('systemctl stop greatest');
  return Number(await host.exec(`cat ${noted} 2>/dev/null || echo 0`));
}

/** Of all programs that a rollout runs: KiB. */
const largest =
  'ps -eo rss=,comm= | sed -n "s/^ *\\([0-9]*\\) \\(tail\\|cut\\|sed\\|tr\\|curl\\|journalctl\\|keelson\\)$/\\1/p" | sort -n | tail -n 1';

/** Paths that belong to a number which no account has, or name one in an ACL. */
const ofNobody =
  'find / -xdev \\( -path /proc -o -path /sys \\) -prune -o \\( -nouser -o -nogroup \\) -print; ! command -v getfacl >/dev/null || getfacl -R -P -p -n /srv /var/log /mnt 2>/dev/null | grep -E "^(default:)?(user|group):[1-9][0-9]{2,}:" || :';

const names = `
const fs = require('fs');
const here = process.argv[1] ?? '.';
for (const name of [[0x61, 0x0a, 0x62], [0x09], [0xff, 0xfe], [0x1b, 0x5b, 0x33, 0x31, 0x6d], [0x2d, 0x72, 0x66], [0x2a], [0x20]])
  fs.writeFileSync(Buffer.from([...Buffer.from(here + '/'), ...name]), 'kept');
for (let i = 0; i < 20000; i++) fs.writeFileSync(here + '/many' + i, '');
fs.symlinkSync('/etc/shadow', here + '/link');
fs.symlinkSync('/etc', here + '/folder');
fs.truncateSync((fs.writeFileSync(here + '/sparse', ''), here + '/sparse'), 2 ** 40);
process.chdir(here);
for (let i = 0; i < 60; i++) { fs.mkdirSync('d'.repeat(200)); process.chdir('d'.repeat(200)); }
fs.writeFileSync('deep', 'kept');
`;

/** Names of attributes in a shell's `printf`. */
const attributes = [
  'user.blank ',
  'user. lead',
  'user.tab\\tforeign=x',
  'user.line\\n# file: /etc/passwd\\nuser.x',
  'user.eq=x',
  'user.\\033[31m',
  'user.back\\\\\\\\slash',
  'user.\\377\\376',
  'user.%%s',
  'user.$(id)',
];

/** Runs `up`, which must not fail of what the app did; else the attack got through. */
async function fails(stack: Stack, ...words: RegExp[]): Promise<boolean> {
  const run: Run = await stack.try('up');
  return run.code !== 0 || words.some((word) => !word.test(said(run)));
}

/** The attacks in their order; each says whether it got through. */
export const attacks = ({
  host,
  stack,
}: Target): readonly (readonly [title: string, attack: () => Promise<boolean>])[] => [
  [
    'attributes with any name stop nothing, and are taken away',
    async () => {
      for (const attribute of attributes)
        await asApp(
          host,
          'shell',
          `n=$(printf '${attribute.replaceAll('$(', '$"("')}x'); setfattr -n "\${n%x}" -v 'v ' "$MEDIA_DIR" "$DATA_DIR"; setfattr -n user.empty "$MEDIA_DIR"`,
        );
      if (await fails(stack, /directory \/srv\/shop\/media xattr .*user\.blank/)) return true;
      return !(await does(host, '[ -z "$(getfattr -m - /srv/shop/media /srv/shop/data)" ]'));
    },
  ],
  [
    'a directory that its app opens again and again is told, and stops nothing',
    async () => {
      await asApp(
        host,
        'shell',
        '(while [ ! -e stop ]; do chmod 00777 "$MEDIA_DIR"; done) >/dev/null 2>&1 &',
      );
      await waitFor(host, '[ "$(stat -c %a /srv/shop/media)" = 777 ]');
      const through = await fails(stack, /warn +directory \/srv\/shop\/media: .*sets it back/);
      await asApp(host, 'shell', 'touch stop; sleep 0.5; rm stop');
      return through || (await fails(stack));
    },
  ],
  [
    'files of any name, links, deep trees, and what comes and goes while it is mended',
    async () => {
      await asApp(host, 'node', `process.argv[1] = process.env.MEDIA_DIR;${names}`);
      await asApp(host, 'node', names);
      await asApp(
        host,
        'shell',
        'mkfifo pipe; mkdir new; (while [ ! -e stop ]; do mkdir -p new/a/b; touch new/a/b/c; rm -rf new/a; done) >/dev/null 2>&1 &',
      );
      const before = await host.exec('stat -c "%U %G %a" /etc /etc/shadow');
      // Its numbers are lost, so that all is given to the account anew.
      await host.exec('chown root /srv/shop/data && chgrp shop /srv/shop/media');
      const through = await fails(stack, /directory \/srv\/shop\/data owner root → shop/);
      await asApp(host, 'shell', 'touch stop; sleep 0.5; rm stop');
      assert.equal(await host.exec('stat -c "%U %G %a" /etc /etc/shadow'), before);
      return through;
    },
  ],
  [
    'the evidence of a failed release takes no memory, though its log is made of holes',
    async () => {
      configure(stack, 'holes');
      const run: Run[] = [];
      const rss = await greatest(host, largest, async () => run.push(await stack.try('up')));
      assert.match(said(run[0] as Run), /exited with status 3/);
      configure(stack);
      await stack.up();
      return rss > 200_000;
    },
  ],
  [
    'an answer without an end fills no memory',
    async () => {
      configure(stack, 'flood');
      const kib =
        'du -sk /run/keelson /run/keelson-answer.3700 2>/dev/null | sort -n | tail -n 1 | cut -f 1';
      const size = await greatest(host, kib, () => stack.try('up'));
      configure(stack);
      await stack.up();
      return size > 8192;
    },
  ],
  [
    'an answer without an end does not keep Monit from others',
    async () => {
      await behave(host, 'drip');
      await host.exec('sleep 15');
      const [before] = await lines(host, 'systemctl show -p MainPID --value other@4300');
      await host.exec(`kill -STOP ${before}`);
      const [restarted] = [
        await does(
          host,
          `for i in $(seq 90); do [ "$(systemctl show -p MainPID --value other@4300)" = ${before} ] || exit 0; sleep 1; done; exit 1`,
        ),
      ];
      await behave(host, 'well').catch(() => undefined);
      await host.exec(`kill -CONT ${before} 2>/dev/null || :`);
      return !restarted;
    },
  ],
  [
    'a log of holes holds up no other, and is told',
    async () => {
      await waitFor(host, 'curl -sf --max-time 2 http://127.0.0.1:3700/health', 60);
      await asApp(host, 'node', 'setTimeout(() => {}, 1)');
      // The run of the full hour, should it come now, would have begun on a log that grows while it is copied.
      await host.exec('systemctl stop logrotate.timer; systemctl start keelson-logrotate.service');
      await host.exec('head -c 3000000 /dev/zero | tr "\\0" x >>/var/log/other/4300.log');
      await host.exec(
        'truncate -s 12T /var/log/shop/3700.log || truncate -s 100G /var/log/shop/3700.log',
      );
      await host.exec('timeout 100 systemctl start logrotate.service keelson-logrotate.service');
      await host.exec('systemctl start logrotate.timer');
      const told = await does(
        host,
        'grep -q "warn   file /var/log/shop/3700.log: it was" /var/log/keelson.log',
      );
      const rotated = await does(host, '[ -s /var/log/other/4300.log.1 ]');
      return !told || !rotated;
    },
  ],
  [
    'one that grows again while it is copied has its time',
    async () => {
      await host.exec(
        'rm -f /var/log/other/4300.log.*; sed -i "s/ 300 / 3 /" /etc/keelson/logrotate.d/rotate',
      );
      await host.exec('head -c 3000000 /dev/zero | tr "\\0" x >>/var/log/other/4300.log');
      await host.exec(
        "systemd-run -q --unit=grows sh -c 'while :; do truncate -s 12T /var/log/shop/3700.log || truncate -s 100G /var/log/shop/3700.log; done'",
      );
      await waitFor(host, '[ "$(stat -c %s /var/log/shop/3700.log)" -gt 100000000000 ]');
      await host.tryExec('timeout 60 systemctl start keelson-logrotate.service');
      await host.exec('systemctl stop grows; truncate -s 0 /var/log/shop/3700.log');
      const rotated = await does(host, '[ -s /var/log/other/4300.log.1 ]');
      const told = await does(
        host,
        'journalctl -u keelson-logrotate | grep -q "could not be rotated"',
      );
      return (
        !rotated || !told || (await fails(stack, /unit keelson-logrotate\.service failed yes → no/))
      );
    },
  ],
  [
    'what stays of an app that goes belongs to nobody else',
    async () => {
      await asApp(
        host,
        'shell',
        'echo mine >"$MEDIA_DIR/mine"; echo mine >mine; mkdir "$MEDIA_DIR/own"; echo mine >"$MEDIA_DIR/own/file"; chmod 00775 .; setfacl -R -m u:shop:rwx,g:shop:rwx,d:u:shop:rwx "$MEDIA_DIR/own" mine',
      );
      // What people made for it, and what drifted into the kit's way.
      await host.exec(
        'install -d -o shop -g shop /srv/shop/cache; install -m 0660 -o shop -g shop /dev/null /srv/shop/cache/file; chgrp -R shop /srv/shop/media/own; install -m 0640 -o root -g shop /dev/null /srv/shop/note; install -o shop -g shop /dev/null /etc/nginx/keelson.d/stray',
      );
      const numbers = await lines(host, 'id -u shop; id -g shop');
      const modes = 'stat -c "%a" /srv/shop/media/own/file /srv/shop/media/mine';
      const before = await host.exec(modes);
      configure(stack, 'none');
      await stack.up();
      assert.equal(await host.exec(modes), before);
      const left = await lines(host, ofNobody);
      assert.deepEqual(left, []);
      await host.exec(
        `groupadd --system -g ${numbers[1]} next && useradd --system -u ${numbers[0]} -g next -s /bin/sh next`,
      );
      const reads = await does(
        host,
        'for f in /srv/shop/data/mine /srv/shop/media/mine /srv/shop/media/own/file /srv/shop/cache/file /srv/shop/note; do ! setpriv --reuid=next --regid=next --init-groups cat $f >/dev/null 2>&1 || exit 0; done; exit 1',
      );
      const owns = await lines(
        host,
        'find /srv /var/log /etc /var/lib/keelson \\( -user next -o -group next \\)',
      );
      await host.exec('userdel next; ! getent group next || groupdel next');
      return reads || owns.length > 0;
    },
  ],
  [
    'and is the app’s again when it comes back',
    async () => {
      configure(stack);
      await stack.up();
      const all = await asApp(
        host,
        'shell',
        'cat mine "$MEDIA_DIR/mine" "$MEDIA_DIR/own/file"; echo more >>mine; echo more >>"$MEDIA_DIR/mine"; rm -r "$MEDIA_DIR/own"; ls | wc -l',
      );
      assert.match(all, /^mine\nmine\nmine\n2\d{4}\n$/);
      return await fails(stack);
    },
  ],
  [
    'so it is after destroy',
    async () => {
      await asApp(host, 'shell', 'mkdir "$MEDIA_DIR/own"; touch "$MEDIA_DIR/own/file"');
      configure(stack, 'well', { onRemove: 'delete' });
      await stack.up();
      configure(stack);
      await stack.up();
      await stack.destroy();
      return (await lines(host, ofNobody)).length > 0;
    },
  ],
];

/** Deploys the app that attacks, and one beside it. */
export async function deploy({ stack }: Target): Promise<void> {
  await stack.pulumi(['config', 'rm', '--path', 'keelson:secrets.shop', '--stack', stack.name]);
  configure(stack);
  await stack.up();
}

/** The attacks as steps of a test, counted. */
export const steps = (target: Target, attempts: Attempts): Step[] =>
  attacks(target).map(
    ([title, attack]): Step => [
      title,
      async () => {
        const gotThrough = await attack();
        attempts.note(title, gotThrough);
        if (gotThrough) assert.fail('got through');
      },
    ],
  );
