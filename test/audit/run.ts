/** One release of Debian, before the kit and as the kit leaves it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Release } from '../../tools/container/base.ts';
import { root } from '../../tools/lib/pulumi.ts';
import { type DebianHost, withHost } from '../harness/host.ts';
import { pem } from '../harness/pem.ts';
import { writeCode } from '../harness/small-app.ts';
import { newStack, type Stack } from '../harness/stack.ts';
import type { Control } from './control.ts';
import * as known from './findings.ts';
import { failedOf, gossFile } from './goss.ts';
import { linux } from './linux.ts';
import { web } from './nginx.ts';
import { exposures, type Finding, lynis, sshAudit, testssl } from './scan.ts';
import { ssh } from './ssh.ts';

type Tell = (line: string) => void;

const domain = 'shop.example.com';
export const controls: readonly Control[] = [...linux, ...ssh, ...web];

const units = ['shop@3700.service', 'quiet@1.service', 'nginx.service', 'monit.service'];

/** What the last line says of a release, and how many findings nobody has a reason for. */
export type Audited = { line: string; unexplained: number };

export async function audit(release: Release, goss: Buffer, tell: Tell): Promise<Audited> {
  return await withHost({ release, user: 'admin' }, async (host) => {
    const before = { lynis: await lynis(host), ssh: await sshAudit(host) };
    tell(
      `before: lynis ${before.lynis.index}, ssh-audit ${before.ssh.fail.length} fail ${before.ssh.warn.length} warn`,
    );
    return await provisioned(host, () => measure(host, release, goss, tell));
  });
}

/** A site over TLS, with a certificate of a CA of its own, and a worker that needs no network. */
export async function provisioned<T>(host: DebianHost, action: () => Promise<T>): Promise<T> {
  const stack = await newStack([host], {});
  try {
    await configure(stack, host);
    await stack.up();
    return await action();
  } finally {
    rmSync(stack.directory, { recursive: true, force: true });
  }
}

async function configure(stack: Stack, host: DebianHost): Promise<void> {
  const { paths, certificate } = pem(join(stack.directory, 'tls'), 'shop', {
    names: [domain],
    days: 90,
  });
  await host.exec('cat >/root/ca.pem', { input: certificate });
  const source = writeCode(join(stack.directory, 'shop'));
  const app = { source, start: 'server.js' };
  stack.configure({
    server: { updates: {} },
    apps: {
      shop: {
        ...app,
        ...{ domains: [domain], uploads: { '/media': 'media' } },
        tls: paths,
      },
      quiet: {
        type: 'worker',
        source: join(root, 'test/audit/quiet'),
        ...{ start: 'main.js', sandbox: { network: 'localhost' } },
      },
    },
  });
}

async function measure(
  host: DebianHost,
  release: Release,
  goss: Buffer,
  tell: Tell,
): Promise<Audited> {
  // As the first night does: the image of a test may be older than the newest security updates.
  await host.exec('unattended-upgrade', { timeout: 600_000 });
  const hardened = await lynis(host);
  const keys = await sshAudit(host);
  const tls = await testssl(host, domain);
  const exposed = await exposures(host, units);
  const failed = await gossOf(host, goss);
  const unexplained = [
    ...without(hardened.findings, known.lynis, 'lynis', tell),
    ...without([...keys.fail, ...keys.warn], known.ssh, 'ssh-audit', tell),
    ...without(tls, known.tls, 'tls', tell),
    ...without(failed, known.goss, 'goss', tell),
  ];
  tell(
    `exposure: ${Object.entries(exposed)
      .map(([unit, value]) => `${unit} ${value}`)
      .join(', ')}`,
  );
  const asked = controls.filter(({ holds }) => holds !== undefined).length;
  const weak = tls.filter(({ id }) => !(id in known.tls)).length;
  return {
    line: `${release}: lynis ${hardened.index}, ssh-audit ${keys.fail.length} fail ${keys.warn.length} warn, tls ${weak} above low, exposure ${exposed['shop@3700.service']}, goss ${asked - failed.length} of ${controls.length}`,
    unexplained: unexplained.length,
  };
}

/** The controls that do not hold. */
async function gossOf(host: DebianHost, goss: Buffer): Promise<Finding[]> {
  await host.exec('cat >/root/goss && chmod +x /root/goss', { input: goss });
  await host.exec('cat >/root/goss.json', { input: gossFile(controls) });
  const printed = await host.exec('/root/goss -g /root/goss.json validate -f json; true', {
    timeout: 600_000,
  });
  const failed = failedOf(printed.slice(printed.indexOf('{')));
  return controls
    .filter(({ id }) => failed.includes(id))
    .map(({ id, title }) => ({ id, text: title }));
}

/** Tells each finding with its reason; those without one are left. */
function without(
  findings: readonly Finding[],
  reasons: Readonly<Record<string, string>>,
  scanner: string,
  tell: Tell,
): Finding[] {
  for (const { id, text } of findings)
    tell(`${scanner} ${id}: ${text}${reasons[id] ? ` — stays: ${reasons[id]}` : ' — NO REASON'}`);
  return findings.filter(({ id }) => reasons[id] === undefined);
}
