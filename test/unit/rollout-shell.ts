/** The rollout's shell, sourced with a scratch state and stand-ins for the programs of a host. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostFunctions } from './host-shell.ts';

const folder = new URL('../../files/host/', import.meta.url);
/** The text of a file of the helper's, by its path in `files/host/`. */
export const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

/**
 * Around every test: nothing outside the scratch directory $root is written, what is said goes to standard output,
 * and the clock stands still but for what sleeps.
 */
const standIns = `
STATE=$root/state LOG=$root/log work=$root/work manifest=rollout-shop
# It is a fork, whose $$ is the process that it is of.
read -r self _ </proc/self/stat
app=shop home=$root/srv real=$root/srv place=$STATE/rollouts/shop table=keelson_drain_shop
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
pass() { read -r passed <"$clock_file"; echo $((passed + $1)) >"$clock_file"; }
read_clock() { read -r clock <"$clock_file"; }
# No program, since what waits sleeps thousands of times. The 1 keeps the hundredths from being octal.
sleep() { case $1 in *.??) pass $((\${1%.*} * 100 + 1\${1#*.} - 100)) ;; *.?) sleep "\${1}0" ;; *) pass "\${1}00" ;; esac; }
systemctl() { echo "systemctl $*" >>"$root/asked"; }
journalctl() { :; }
monit() { :; }
rows=$NEWLINE wanted='' observed='' origin=change observation=''
`;

const folders = [
  'state/manifests',
  'state/pending',
  'state/rollouts/shop',
  'work',
  'srv/releases',
  'etc',
];

/** Runs a script that has all functions of the rollout, with dash as Debian does, and returns what it printed. */
export function run(script: string, input = ''): string {
  const root = mkdtempSync(join(tmpdir(), 'keelson-rollout-'));
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  try {
    const { stdout, stderr } = hostFunctions(`root=${root}\n${standIns}\n${script}\n`, input);
    assert.equal(stderr, '');
    return stdout;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
