/** The host that is damaged: one small app with all that an app can have. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Item } from '../../components/host/item.ts';
import { parse } from '../../components/host/manifest.ts';
import { type SandboxHost, type Snapshot, snapshot } from '../harness/host.ts';
import type { Stack, StackConfig } from '../harness/stack.ts';
import { otherRelease } from './mutations.ts';

const server = `import { createServer } from 'node:http';
const server = createServer((_request, response) => response.end('ok\\n'));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

/** Writes the app's code: a file, a program, a link and a directory of each kind. */
export function writeCode(directory: string, mark = '1'): string {
  for (const name of ['lib', 'bin', 'assets'])
    mkdirSync(join(directory, name), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write('package.json', '{ "type": "module" }\n');
  write('server.js', server);
  write('lib/a.js', `export const a = ${mark};\n`);
  write('bin/task', '#!/bin/sh\necho task\n');
  write('assets/site.css', 'body { margin: 0 }\n');
  chmodSync(join(directory, 'bin/task'), 0o755);
  symlinkSync('lib/a.js', join(directory, 'main.js'));
  return directory;
}

const deployKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEu5Yk2mTq8Q7v1b0y0u3rVw6mXnJ4c2s9d8f7g6h5j4 ci@example.com';

/** A stack file that has an item of each kind. Monit looks seldom, lest it repairs what was damaged. */
export const config = (source: string): StackConfig => ({
  server: {
    hostname: 'web1',
    timezone: 'Europe/Berlin',
    deploy: { keys: [deployKey] },
    monit: { interval: '5m' },
  },
  apps: {
    shop: {
      source,
      start: 'server.js',
      domains: ['shop.example.com', 'default'],
      static: { '/assets': 'assets' },
      uploads: { '/media': 'media' },
      data: ['data'],
      stopTimeout: '5s',
      rollout: { drain: '1s', start: '20s', watch: '0s', answers: 1 },
    },
  },
});

/** An item and the manifest that it belongs to. */
export type Target = { readonly item: Item; readonly manifest: string };

/** Everything that can be damaged: the items that the host has noted, the notes, and the helper. */
export async function targets(host: SandboxHost): Promise<Target[]> {
  const stored = await host.exec(
    'cd /var/lib/keelson/manifests && for m in *; do [ "$m" = helper ] || cat "$m"; done',
  );
  const manifests = stored.split(/^keelson 1 /m).slice(1);
  const own = (kind: string, name: string): Item => ({ kind, name, state: {} });
  return [
    { item: own('helper', '/usr/local/sbin/keelson'), manifest: 'helper' },
    ...manifests.flatMap((text) => {
      const manifest = text.slice(0, text.indexOf('\n'));
      const items = [...parse(text).items, own('manifest', manifest)];
      return items.map((item) => ({ item, manifest }));
    }),
  ];
}

/** Puts a copy of the current release beside it, as an older one that the host keeps. */
export const keepOtherRelease = (host: SandboxHost): Promise<string> =>
  host.exec(
    `cd /srv/shop && cp -a "$(readlink -f current)" releases/${otherRelease} && touch -d 2020-01-01 releases/${otherRelease}`,
  );

/** Makes what nobody but the host's own people manages; each round shows that it stays, and is not named. */
export const addUnmanaged = (host: SandboxHost): Promise<string> =>
  host.exec(`
    useradd --create-home --groups adm --password '$6$salt$hash' alice
    mkdir -p /srv/own /etc/systemd/system/ssh.service.d
    echo own >/srv/own/data; chmod 0666 /srv/own/data; setfacl -m u:games:rw /srv/own/data
    printf '[Service]\\nNice=5\\n' >/etc/systemd/system/ssh.service.d/own.conf
    printf '[Service]\\nExecStart=sleep infinity\\n' >/etc/systemd/system/own.service
    echo 'server { listen 81; }' >/etc/nginx/conf.d/own.conf
    echo '# own' | tee /etc/monit/conf.d/own /etc/cron.d/own >/etc/sysctl.d/99-own.conf
    install -m 0440 /etc/cron.d/own /etc/sudoers.d/own
    printf '/srv/own/*.log {\\n  weekly\\n  missingok\\n}\\n' >/etc/logrotate.d/own
    echo 15 >/proc/sys/net/ipv4/tcp_fin_timeout
    systemctl daemon-reload; systemctl start own.service`);

/** What a repair leaves behind: the kit's notes and what it put aside, backups and logs of Debian's tools. */
const leftByRepairs = [
  '/etc/group-',
  '/etc/gshadow-',
  '/etc/passwd-',
  '/etc/shadow-',
  '/var/cache/apt',
  '/var/cache/man',
  '/var/lib/apt',
  '/var/lib/dpkg',
  '/var/lib/keelson/aside',
  '/var/lib/keelson/blobs',
  '/var/lib/keelson/lock.holder',
  '/var/lib/keelson/manifests',
  '/var/lib/keelson/originals',
  '/var/lib/keelson/owners',
  '/var/lib/keelson/rollouts',
  '/var/lib/keelson/trees',
  '/var/lib/keelson/units',
  '/var/log/alternatives.log',
  '/var/log/apt',
  '/var/log/dpkg.log',
  '/var/log/keelson.log',
  '/var/tmp',
];

/** What packages bring and nothing damages; to hash it all would take most of a round. */
const debians = ['bin', 'include', 'lib', 'lib64', 'libexec', 'sbin', 'share'];

/** Whose lines come in another order when an account was lost and made again, with another number. */
const accounts = ['/etc/group', '/etc/gshadow', '/etc/passwd', '/etc/shadow'];

/** The host byte for byte, but for Debian's own programs and what repairs leave behind. */
export async function picture(host: SandboxHost): Promise<Snapshot> {
  const without = [...leftByRepairs, ...debians.map((name) => `/usr/${name}`)];
  const seen = await snapshot(host, { without });
  const sums = await host.exec(
    `for f in ${accounts.join(' ')}; do cut -d : -f 1-2,4- $f | sort | sha256sum; done`,
  );
  for (const [index, hash] of sums.split('\n').entries()) {
    const account = seen[`file ${accounts[index]}`];
    if (account) account.hash = hash;
  }
  return seen;
}

/** The lines of the host's own log. */
export const hostLog = async (host: SandboxHost): Promise<string[]> =>
  (await host.exec('cat /var/log/keelson.log')).split('\n').filter(Boolean);

/** A directory for the app's code beside the stack, which goes with it. */
export const codeOf = (stack: Pick<Stack, 'directory'>): string => join(stack.directory, 'shop');
