/** The firewall beside a real Docker and fail2ban: what each has is its own, and what goes past it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { knock, linkLocal } from '../harness/knock.ts';
import { restart, waitFor, write } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { changed, type Stack } from '../harness/stack.ts';
import { inOrder, type Step } from '../harness/steps.ts';

type Target = { host: DebianHost; stack: Stack };

/** A container of systemd's may make neither session keys nor programs of BPF, which runc wants; crun can do without. */
const runtime = `#!/bin/sh
for word; do
  shift
  case $word in --systemd-cgroup*) continue ;; esac
  set -- "$@" "$word"
  [ "$word" != create ] || set -- "$@" --no-new-keyring
done
exec crun --cgroup-manager=disabled "$@"
`;

const settings = (more: object) =>
  JSON.stringify({
    ...{ 'default-runtime': 'plain', runtimes: { plain: { path: '/usr/local/sbin/plain' } } },
    ...more,
  });

const jail = '[DEFAULT]\nbanaction = nftables\n[sshd]\nbackend = systemd\nenabled = true\n';

/** An image of busybox alone, since no registry is asked; one container is published, two are in a network. */
const containers = `
  mkdir -p /tmp/image/bin /tmp/image/www
  cp /bin/busybox /tmp/image/bin/
  for name in httpd nslookup sleep ping; do ln -s busybox /tmp/image/bin/$name; done
  echo from Docker >/tmp/image/www/index.html
  tar -C /tmp/image -c . | docker import - box
  docker network create two
  docker run -d --restart always --stop-signal KILL --name web -p 8088:80 box httpd -f -p 80 -h /www
  docker run -d --restart always --stop-signal KILL --name peer --network two box httpd -f -p 80 -h /www
  docker run -d --restart always --stop-signal KILL --name asker --network two box sleep 100000
`;

async function install(host: DebianHost, release: string): Promise<void> {
  await write(host, '/usr/local/sbin/plain', runtime);
  await host.exec('chmod +x /usr/local/sbin/plain; mkdir /etc/docker /etc/fail2ban');
  // As Debian 13 has it; that of Debian 12 waits for a log that it no longer writes.
  await write(host, '/etc/fail2ban/jail.local', jail);
  await write(host, '/etc/docker/daemon.json', settings({}));
  // Of Debian 12 the client is part of it.
  const client = release === 'bookworm' ? '' : 'docker-cli';
  const packages = `docker.io ${client} busybox-static crun fail2ban python3-systemd`;
  await host.exec(
    `apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages}`,
  );
  await host.exec(containers);
  await host.exec('fail2ban-client set sshd banip 198.51.100.7');
}

function configure({ stack }: Target, firewall: unknown): void {
  const { server, apps } = config(codeOf(stack));
  stack.configure({ server: { ...(server as object), firewall }, apps });
}

/** The rules of Docker, whose containers get their addresses anew, without counters and in one order. */
const rulesOfDocker = (host: DebianHost) =>
  host.exec(
    "{ iptables-save; ip6tables-save; } | sed '/^#/d; s/\\[.*//; s/172\\.\\([0-9]*\\)[0-9./]*/172.\\1/g' | sort",
  );

async function containersWork(host: DebianHost): Promise<void> {
  // That of Debian 12 cannot look up names in other programs.
  await waitFor(host, 'docker exec asker nslookup peer');
  const outside = host.address.replace(/2$/, '1');
  const peer =
    "$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' peer)";
  for (const address of [outside, peer])
    await host.exec(`docker exec asker ping -c 1 -W 3 ${address}`);
  const published = await fetch(`http://${host.address}:8088/`);
  assert.equal(await published.text(), 'from Docker\n');
}

const isBanned = (host: DebianHost) =>
  waitFor(host, 'nft list table inet f2b-table | grep -q 198.51.100.7');

const first = (target: Target): Step => [
  'of a published port a firewall that is turned on would shut IPv6 alone, which ends the run',
  async () => {
    const { host, stack } = target;
    configure(target, false);
    await stack.up();
    await containersWork(host);
    assert.equal(await knock(await linkLocal(host), 8088), 'open');
    configure(target, {});
    const refused = await stack.try('up');
    assert.notEqual(refused.code, 0);
    assert.match(
      said(refused),
      /! port 8088 \(docker-proxy\) over IPv6 is open to all and would be closed;/,
    );
  },
];

const closed = (target: Target): Step => [
  'what is told to be closed is open past the firewall, and told; Docker and fail2ban keep their rules',
  async () => {
    const { host, stack } = target;
    const before = await rulesOfDocker(host);
    configure(target, { close: [8088] });
    await stack.up();
    assert.equal(await knock(await linkLocal(host), 8088), 'ECONNREFUSED');
    await containersWork(host);
    await isBanned(host);
    assert.equal(await rulesOfDocker(host), before);
    const preview = await stack.preview();
    assert.match(said(preview), /! port 8088 \(docker-proxy\) is open past the firewall/);
    assert.deepEqual(changed(preview), []);
  },
];

const restarted = (target: Target): Step => [
  'a restart of either takes nothing from the others, and is no reason for a run',
  async () => {
    const { host, stack } = target;
    const own = () => host.exec('nft --stateless list chain inet keelson input');
    const [docker, keelson] = [await rulesOfDocker(host), await own()];
    for (const unit of ['docker', 'keelson-filter', 'fail2ban']) {
      await restart(host, unit);
      await containersWork(host);
      await isBanned(host);
      assert.deepEqual([await rulesOfDocker(host), await own()], [docker, keelson], unit);
    }
    assert.deepEqual(changed(await stack.up()), []);
  },
];

const withoutProxy = (target: Target): Step => [
  'without a proxy Docker itself has the port open, and nobody is told that it is shut',
  async () => {
    const { host, stack } = target;
    await write(host, '/etc/docker/daemon.json', settings({ 'userland-proxy': false }));
    await restart(host, 'docker');
    await containersWork(host);
    configure(target, {});
    const told = said(await stack.preview());
    assert.match(told, /! port 8088 \(dockerd\) is open past the firewall/);
    assert.doesNotMatch(told, /lets nobody in/);
  },
];

for (const release of triedOn('trixie'))
  test(`beside Docker and fail2ban, ${release}`, { timeout: 300_000 }, async (t) => {
    const target = await provisionedHost(t, { release, cpus: 2 });
    await install(target.host, release);
    await inOrder(
      t,
      [first, closed, restarted, withoutProxy].map((step) => step(target)),
    );
  });
