/** What apps stand on: nginx, Monit and sshd are killed. */
import type { DebianHost } from '../harness/host.ts';
import { until } from './instance.ts';
import { lost, visit } from './site.ts';

const main = (unit: string) => `"$(systemctl show -p MainPID --value ${unit})"`;
const kill = (unit: string) => `old=${main(unit)}; kill -KILL $old`;
/** Another process, since what is left of the old one may answer for a moment. */
const another = (unit: string) => `new=${main(unit)} && [ $new != 0 ] && [ $new != $old ]`;
const listens = (port: number, greeting: string) =>
  `timeout 1 bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}; ${greeting}'`;

const services: Readonly<Record<string, { unit: string; answers: string }>> = {
  nginx: {
    unit: 'nginx.service',
    answers: 'curl -sf --max-time 1 -H "Host: shop.example.com" http://127.0.0.1/',
  },
  Monit: { unit: 'monit.service', answers: 'timeout 2 monit -B summary' },
  sshd: { unit: 'ssh.service', answers: listens(22, 'read -r line <&3') },
};

/** `nginx T s (N of M requests lost), Monit T s, sshd T s` */
export async function killServices(host: DebianHost): Promise<string> {
  const told: string[] = [];
  for (const [name, { unit, answers }] of Object.entries(services)) {
    const visitors = visit(host, { method: 'GET', domain: 'shop.example.com' }, 100);
    const seconds = await until(host, kill(unit), `{ ${another(unit)} && ${answers}; }`);
    const tally = await visitors.leave();
    const missed = lost(tally) > 0 ? ` (${lost(tally)} of ${tally.sent} requests lost)` : '';
    told.push(`${name} ${seconds.toFixed(2)} s${missed}`);
  }
  return told.join(', ');
}
