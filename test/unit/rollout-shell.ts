/** The rollout's shell, sourced with a scratch state and stand-ins for the programs of a host. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { helper } from '../../components/host/script.ts';

const folder = new URL('../../files/host/', import.meta.url);
/** The text of a file of the helper's, by its path in `files/host/`. */
export const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const functions = helper().replace(/main "\$@"\n+$/, '');

/**
 * Around every test: nothing outside the scratch directory $root is written, what is said goes to standard output,
 * and the clock stands still but for what sleeps.
 */
const standIns = `
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
STATE=$root/state LOG=$root/log work=$root/work manifest=rollout-shop
mkdir -p "$STATE/manifests" "$STATE/pending" "$work" "$root/srv/releases" "$root/etc"
app=shop home=$root/srv real=$root/srv place=$STATE/rollouts/shop table=keelson_drain_shop
mkdir -p "$place"
unit_file() { echo "$root/etc/unit"; }
environment_file() { echo "$root/etc/environment"; }
hook_file() { echo "$root/etc/hook"; }
member_file() { echo "$root/etc/unit.$1"; }
job_file() { echo "$root/etc/$1.$2"; }
target_file() { echo "$root/etc/target"; }
health_file() { echo "$root/etc/health"; }
access_log() { echo "$root/access.log"; }
LEAVING=$root/leaving
say() { echo "$*" | sed "s,$root,,g"; }
fail() { echo "failed: $1" | sed "s,$root,,g"; exit 1; }
install_durably() { cp "$1" "$2"; }
sync() { :; }
clock_file=$root/clock
echo 0 >"$clock_file"
pass() { echo $(($(cat "$clock_file") + $1)) >"$clock_file"; }
read_clock() { read -r clock <"$clock_file"; }
sleep() { pass "$(echo "$1" | awk '{ print $1 * 100 }')"; }
systemctl() { echo "systemctl $*" >>"$root/asked"; }
journalctl() { :; }
monit() { :; }
rows=$NEWLINE wanted='' observed='' origin=change observation=''
`;

const scratch = mkdtempSync(join(tmpdir(), 'keelson-rollout-'));
after(() => rmSync(scratch, { recursive: true }));

/** Runs a script that has all functions of the rollout, with dash as Debian does, and returns what it printed. */
export function run(script: string, input = ''): string {
  const program = join(scratch, 'program');
  writeFileSync(program, `${functions}\n${standIns}\n${script}\n`);
  const { stdout, stderr } = spawnSync('sh', [program], { input, encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout;
}
