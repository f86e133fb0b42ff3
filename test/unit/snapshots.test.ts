import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfig } from '../../components/config/config.ts';
import { renderHost } from '../../components/config/render.ts';
import type { Item } from '../../components/host/item.ts';
import { type Case, cases, facts, release } from './snapshots/cases.ts';
import { snapshot } from './snapshots/print.ts';

/** What is there since; what is wanted of sshd has a name of its own kind. */
const since =
  /^[A-Z]\w+$|^ssh\.service$|^\/etc\/(keelson\/\w+\/(hook\.service|secrets)|ssh\/sshd_config\.d\/10-keelson\.conf|monit\/keelson\.d\/need|systemd\/system\/keelson-(retry|failed)@\.(service|timer))$/;

/** So is what updates, time and hardening bring. */
const system = [
  /^(unattended-upgrades|debsums|libpam-passwdqc|login\.[A-Z_]+|systemd-timesyncd(\.service)?|(apt-daily(-upgrade)?|keelson-verify)\.timer)$/,
  /^\/etc\/(apt|modprobe\.d|needrestart|profile\.d|security)(\/|$)/,
  /^\/etc\/(keelson\/updates\.conf|sysctl\.d\/60-keelson-\w+\.conf)$/,
  /^\/etc\/systemd\/(coredump\.conf\.d|system\/(apt-daily-upgrade|keelson-updated|keelson-verify)\.)/,
  /^(dev|fs|kernel)\.|^net\.ipv[46]\.(conf|icmp_|tcp_(syncookies|rfc1337))/,
];

/** All items that the stack file of a case wants on its host. */
function items({ values, facts: other }: Case): Item[] {
  const given = { values: JSON.parse(JSON.stringify(values)), encrypted: new Set(['secrets']) };
  const [host] = readConfig(given).hosts;
  assert.ok(host);
  const releases = Object.fromEntries(host.apps.map(({ name }) => [name, release]));
  return renderHost(host, { ...facts, ...other }, releases)
    .flatMap(({ items }) => items)
    .filter(({ name }) => !since.test(name) && !system.some((given) => given.test(name)));
}

for (const it of cases)
  test(`files and units of the stack file "${it.name}", to the letter`, () => {
    const like = cases.find(({ name }) => name === it.like);
    const file = new URL(`snapshots/${it.name}.txt`, import.meta.url);
    const text = snapshot(items(it), like && items(like));
    // To be looked at as a diff, and written anew by KEELSON_WRITE=1.
    if (process.env.KEELSON_WRITE) writeFileSync(file, text);
    assert.equal(text, readFileSync(file, 'utf8'));
  });
