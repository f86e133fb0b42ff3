/** A host that people have used for other things before. */
import type { DebianHost } from './host.ts';
import { sendPm2 } from './pm2.ts';

/** nginx’s own main file with a stream and a server in it, a site by hand, and a year of logs. */
const nginx = `
apt-get -q -y install nginx libnginx-mod-stream monit apache2 nodejs acl attr curl ca-certificates debsums e2fsprogs iproute2 logrotate nftables procps sudo >/dev/null
cat >/etc/nginx/nginx.conf <<'CONF'
user www-data;
include /etc/nginx/modules-enabled/*.conf;
events {}
stream { server { listen 5432; proxy_pass 127.0.0.1:15432; } }
http {
  server { listen 8080; return 200 "eight\\n"; }
  include /etc/nginx/conf.d/*.conf;
  include /etc/nginx/sites-enabled/*;
}
CONF
cat >/etc/nginx/sites-available/default <<'CONF'
server { listen 80 default_server; server_name _; location / { proxy_pass http://127.0.0.1:8090; } }
CONF
echo 'server { listen 80; server_name own.example.com; return 200 "own\\n"; }' >/etc/nginx/conf.d/own.conf
sed -i 's/rotate 14/rotate 365/' /etc/logrotate.d/nginx
for n in $(seq 1 40); do echo "$n" | gzip >/var/log/nginx/access.log.$n.gz; done
echo now >>/var/log/nginx/access.log
apt-mark hold nginx >/dev/null
systemctl restart nginx`;

const apache = `
sed -i 's/^Listen 80$/Listen 127.0.0.1:8090/' /etc/apache2/ports.conf
sed -i 's/:80>/:8090>/' /etc/apache2/sites-available/000-default.conf
systemctl restart apache2`;

const monit = `
systemctl stop monit
printf 'set daemon 60\\nset idfile /var/lib/monit/id\\nset statefile /var/lib/monit/state\\nset log /var/log/monit.log\\nset mailserver mail.example.com username "me" password "hunter2"\\nset httpd unixsocket /run/monit.socket allow localhost\\ncheck process sshd matching sshd\\ninclude /etc/monit/conf.d/*\\n' >/etc/monit/monitrc
chmod 0600 /etc/monit/monitrc
echo 'check filesystem own with path /' >/etc/monit/conf.d/own
monit -t >/dev/null
systemctl reset-failed monit 2>/dev/null || :
systemctl start monit
sleep 2
systemctl is-active --quiet monit || { journalctl -u monit --no-pager -o cat >&2; exit 1; }
mkdir -p /etc/systemd/system/nginx.service.d
printf '[Service]\\nNice=5\\n' >/etc/systemd/system/nginx.service.d/own.conf
systemctl daemon-reload`;

/** What Capistrano leaves, private to its user, with an ACL that lets a backup read it. */
const capistrano = `
useradd --create-home --shell /bin/bash cap
release=/srv/shop/releases/20260101120000
mkdir -p $release/public /srv/shop/shared /srv/shop/repo
echo KEY=1 >/srv/shop/shared/.env
ln -s /srv/shop/shared/.env $release/.env
ln -s $release /srv/shop/current
cat >$release/server.js <<'JS'
require('http').createServer((_, response) => response.end('ok\\n')).listen(3000, '127.0.0.1');
JS
chown -R cap:cap /srv/shop
chmod 0700 /srv/shop
setfacl -m u:backup:rx /srv/shop`;

const pm2 = `
chown -R cap:cap /home/cap/pm2
runuser -u cap -- /home/cap/pm2/node_modules/.bin/pm2 --silent start /srv/shop/current/server.js --name shop
for _ in $(seq 100); do curl -sf http://127.0.0.1:3000/ && break; sleep 0.2; done`;

/** The two ways in which people have /srv on another disk. */
const disks = {
  link: 'mkdir -p /mnt/data && mv /srv /mnt/data/srv && ln -s /mnt/data/srv /srv',
  mount: 'mkdir -p /mnt/data/srv && mount --bind /mnt/data/srv /srv',
};

/** Makes a fresh host one that was in use. */
export async function inUse(host: DebianHost, srv: keyof typeof disks): Promise<void> {
  await host.exec(disks[srv]);
  await host.exec('apt-get -q update >/dev/null');
  for (const script of [nginx, apache, monit, capistrano]) await host.exec(`set -e\n${script}`);
  await sendPm2(host, '/home/cap/pm2');
  await host.exec(`set -e\n${pm2}`);
}

/** What people would miss, beside files: holds, units, logs, listeners. */
export const people = (host: DebianHost): Promise<string> =>
  host.exec(`
    apt-mark showhold
    systemctl is-enabled nginx monit apache2 logrotate.timer
    systemctl is-active nginx monit apache2 logrotate.timer
    find /var/log/nginx -name 'access.log.*.gz' -printf '%P\\n' | sort
    ss -Hltn | awk '{ print $4 }' | sort
    getfacl -cp /srv/shop`);
