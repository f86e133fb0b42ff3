/** The helper on a host without Pulumi: manifests are applied and looked at as the program does it. */
import assert from 'node:assert/strict';
import type { Facts } from '../../components/host/facts.ts';
import type { Item } from '../../components/host/item.ts';
import { type Look, look } from '../../components/host/look.ts';
import { type Header, type Manifest, text } from '../../components/host/manifest.ts';
import { words } from '../../components/host/rows.ts';
import { helper, helperPath } from '../../components/host/script.ts';
import type { DebianHost } from './host.ts';

/** Who owns what is applied here. */
export const server = 'server';

let runs = 0;

/** Puts the helper on a host; `edit` changes its text for a test. */
export async function install(host: DebianHost, edit = (text: string) => text): Promise<void> {
  await host.exec(`cat >${helperPath}; chmod 0755 ${helperPath}`, { input: edit(helper()) });
}

export const manifest = (
  items: readonly Item[],
  name = 'base',
  more: Partial<Manifest> = {},
): Manifest => ({ name, after: [], items, ...more });

export const tryApply = (
  host: DebianHost,
  given: Manifest,
  why: string | Header = `r${++runs}`,
) => {
  const header = typeof why === 'string' ? { run: why, lines: ['takeover'] } : why;
  return host.tryExec(`keelson apply ${server}`, { input: text(given, header) });
};

/** Applies a manifest, without a look; the lines that the helper says. */
export async function apply(
  host: DebianHost,
  given: Manifest,
  why?: string | Header,
): Promise<string[]> {
  const { code, stdout, stderr } = await tryApply(host, given, why);
  assert.equal(code, 0, `${stdout}${stderr}`);
  return stdout.split('\n').filter(Boolean);
}

/** Looks at a host as a preview does, which may be taken over. */
export const lookAt = (host: DebianHost, ...manifests: Manifest[]): Promise<Look> => {
  const script = (input: string) => host.exec('sh -s', { input });
  return look({ script }, { name: server, takeOver: true }, (_facts: Facts) => manifests, 'now');
};

/** Looks, and applies what is due with what the look tells the helper, as `up` does; the lines that it says. */
export async function converge(host: DebianHost, ...manifests: Manifest[]): Promise<string[]> {
  const { seen } = await lookAt(host, ...manifests);
  const said: string[] = [];
  for (const { manifest, due, header } of seen)
    if (due) said.push(...(await apply(host, manifest, header)));
  return said;
}

/** What a look at one manifest says differs: `drift  link /etc/x target /y → /z`, as the log has it. */
export async function rows(host: DebianHost, given: Manifest): Promise<string[]> {
  const { seen } = await lookAt(host, given);
  return (seen[0]?.rows ?? []).map((row) => `${row.origin.padEnd(6)} ${words(row)}`);
}

/** Takes away all manifests but these. */
export const prune = async (host: DebianHost, ...names: string[]): Promise<string[]> => {
  const input = ['run prune', ...names, 'end', ''].join('\n');
  return (await host.exec(`keelson prune ${server}`, { input })).split('\n').filter(Boolean);
};
