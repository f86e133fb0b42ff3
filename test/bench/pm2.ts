/** PM2 on a host in a container, as it is set up for reloads without an outage. */
import { join } from 'node:path';
import type { DebianHost } from '../harness/host.ts';
import { send, sendPm2 } from '../harness/pm2.ts';

/**
 * PM2's own advice for graceful reloads, and more than that: the signal on which the app ends in
 * order, as much time for open requests as a rollout gives them, and the app ready when it listens.
 */
const ecosystem = {
  apps: [
    {
      ...{ name: 'hello', script: 'server.js', cwd: '/srv/pm2/app', exec_mode: 'cluster' },
      ...{ instances: 2, kill_timeout: 8000, listen_timeout: 4000 },
      env: { PORT: '5190', UPLOADS: '/srv/pm2/uploads', NODE_ENV: 'production' },
    },
  ],
};

const environment = 'PM2_HOME=/srv/pm2/home PM2_KILL_SIGNAL=SIGTERM';
const pm2 = `${environment} /srv/pm2/node_modules/.bin/pm2 --silent`;

/** The site of hello once more, on port 8080 and with PM2's one port as its only server. */
const site = `sed -e 's/upstream hello /upstream pm2 /; s/zone hello /zone pm2 /; s/127.0.0.1:3700/127.0.0.1:5190/
  /127.0.0.1:3701/d; s,http://hello,http://pm2,; s/listen 80[^;]*/listen 8080/; /listen \\[/d; /include /d' \
  /etc/nginx/keelson.d/hello.conf >/etc/nginx/conf.d/pm2.conf && nginx -t -q && systemctl reload nginx`;

/** Puts PM2 and the sample app on the host, which has Node.js and nginx, and starts it. */
export async function startPm2(host: DebianHost, app: string): Promise<void> {
  await host.exec('mkdir -p /srv/pm2/uploads');
  await sendPm2(host, '/srv/pm2');
  await send(host, [join(app, '..'), 'app'], '/srv/pm2');
  const config = `module.exports = ${JSON.stringify(ecosystem)}`;
  await host.exec('cat >/srv/pm2/ecosystem.config.js', { input: config });
  await host.exec(`${pm2} start /srv/pm2/ecosystem.config.js && ${site}`);
}

export async function reloadPm2(host: DebianHost): Promise<void> {
  await host.exec(`${pm2} reload hello`);
}

export async function stopPm2(host: DebianHost): Promise<void> {
  await host.exec(`${pm2} kill; rm -f /etc/nginx/conf.d/pm2.conf; systemctl reload nginx`);
}
