/** What each scanner says of a host. */
import { z } from 'zod';
import type { DebianHost } from '../harness/host.ts';

/** A finding, by the name that its scanner gives it. */
export type Finding = { readonly id: string; readonly text: string };

const minutes = 60_000;
const install = (host: DebianHost, ...packages: string[]) =>
  host.exec(`apt-get install -q -y --no-install-recommends ${packages.join(' ')}`, {
    timeout: 5 * minutes,
  });

export type Lynis = { index: number; findings: Finding[] };

/** Lynis: how hardened it finds the host, of a hundred, and each warning and suggestion. */
export async function lynis(host: DebianHost): Promise<Lynis> {
  await install(host, 'lynis');
  await host.exec('lynis audit system --quick --no-colors --cronjob >/dev/null 2>&1; true', {
    timeout: 5 * minutes,
  });
  const report = await host.exec('cat /var/log/lynis-report.dat');
  const findings = [...report.matchAll(/^(?:warning|suggestion)\[\]=([A-Z]+-\d+)\|([^|]*)/gm)].map(
    ([, id = '', text = '']) => ({ id, text }),
  );
  return { index: Number(/^hardening_index=(\d+)/m.exec(report)?.[1] ?? Number.NaN), findings };
}

export type Ssh = { fail: Finding[]; warn: Finding[] };

/** ssh-audit: what of sshd's algorithms it calls a failure or a warning. */
export async function sshAudit(host: DebianHost): Promise<Ssh> {
  await install(host, 'ssh-audit');
  // Once: sshd of Debian 13 refuses for a while who came without logging in. Its exit code tells of findings.
  const plain = await host.exec('ssh-audit -n 127.0.0.1; true', { timeout: minutes });
  if (!/^\(kex\)/m.test(plain)) throw new Error(`ssh-audit saw no algorithms:\n${plain}`);
  const of = (mark: string): Finding[] =>
    plain
      .split('\n')
      .filter((line) => line.includes(`[${mark}]`))
      .map((line) => ({ id: line.trim().split(/\s+/)[1] ?? '', text: line.trim() }));
  return { fail: of('fail'), warn: of('warn') };
}

const tlsReport = z.array(z.object({ id: z.string(), severity: z.string(), finding: z.string() }));

/** testssl.sh: each weakness of a site above low. */
export async function testssl(host: DebianHost, domain: string): Promise<Finding[]> {
  await install(host, 'testssl.sh', 'bsdextrautils', 'dnsutils');
  await host.exec(
    `rm -f /tmp/tls.json; testssl --quiet --warnings off --color 0 --ip 127.0.0.1 --add-ca /root/ca.pem --jsonfile /tmp/tls.json https://${domain} >/tmp/tls.txt 2>&1; true`,
    { timeout: 10 * minutes },
  );
  const found = tlsReport.parse(JSON.parse(await host.exec('cat /tmp/tls.json')));
  return found
    .filter(({ severity }) => /^(MEDIUM|HIGH|CRITICAL|FATAL)$/.test(severity))
    .map(({ id, severity, finding }) => ({ id, text: `${severity}: ${finding}` }));
}

/** `systemd-analyze security` of units, by unit. */
export async function exposures(
  host: DebianHost,
  units: readonly string[],
): Promise<Record<string, number>> {
  const told = await host.exec(
    units
      .map(
        (unit) =>
          `systemd-analyze security --no-pager ${unit} | sed -n 's/.*exposure level for \\([^:]*\\): \\([0-9.]*\\).*/\\1 \\2/p'`,
      )
      .join('\n'),
  );
  return Object.fromEntries(
    told
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([unit = '', value]) => [unit, Number(value)]),
  );
}
