/** The host that is damaged: what can be damaged on it, and what must not be touched. */
import type { Item } from '../../components/host/item.ts';
import { parse } from '../../components/host/manifest.ts';
import type { DebianHost } from '../harness/host.ts';
import { otherRelease } from './mutations.ts';

/** An item and the manifest that it belongs to. */
export type Target = { readonly item: Item; readonly manifest: string };

/** Everything that can be damaged: the items that the host has noted, the notes, and the helper. */
export async function targets(host: DebianHost): Promise<Target[]> {
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
export const keepOtherRelease = (host: DebianHost): Promise<string> =>
  host.exec(
    `cd /srv/shop && cp -a "$(readlink -f current)" releases/${otherRelease} && touch -d 2020-01-01 releases/${otherRelease}`,
  );

/** Makes what nobody but the host's own people manages; each round shows that it stays, and is not named. */
export const addUnmanaged = (host: DebianHost): Promise<string> =>
  host.exec(`
    useradd --create-home --groups adm --password '$6$salt$hash' alice
    apt-mark hold curl >/dev/null
    mkdir -p /srv/own /etc/systemd/system/ssh.service.d
    echo own >/srv/own/data; chmod 0666 /srv/own/data; setfacl -m u:games:rw /srv/own/data
    printf '[Service]\\nNice=5\\n' >/etc/systemd/system/ssh.service.d/own.conf
    printf '[Service]\\nExecStart=sleep infinity\\n' >/etc/systemd/system/own.service
    echo 'server { listen 127.0.0.1:81; }' >/etc/nginx/conf.d/own.conf
    echo '# own' | tee /etc/monit/conf.d/own /etc/cron.d/own >/etc/sysctl.d/99-own.conf
    install -m 0440 /etc/cron.d/own /etc/sudoers.d/own
    printf '/srv/own/*.log {\\n  weekly\\n  missingok\\n}\\n' >/etc/logrotate.d/own
    echo 15 >/proc/sys/net/ipv4/tcp_fin_timeout
    systemctl daemon-reload; systemctl start own.service`);
