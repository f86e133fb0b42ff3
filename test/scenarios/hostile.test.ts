/** Hostile settings that are taken: the programs that read what is rendered from them take that, too, and say no more. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type Attempt, attempt, good } from '../fuzz/settings.ts';
import { copiedHost } from '../harness/provisioned.ts';
import { seeded } from '../harness/random.ts';
import { triedOn } from '../harness/releases.ts';

const seed = 20261129;

/** What is rendered from this many hostile values that were taken, in a directory each; from none in `good`. */
function rendered(directory: string, count: number): Attempt[] {
  const put = (name: string, files: Iterable<[string, string]>): void => {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(directory, name, path)), { recursive: true });
      writeFileSync(join(directory, name, path), content);
    }
  };
  const { files } = good();
  put('good', files);
  const taken: Attempt[] = [];
  for (let turn = seed; taken.length < count; turn += 1) {
    const given = attempt(seeded(turn));
    if (!given) continue;
    const changed = [...given.files].filter(([path, content]) => files.get(path) !== content);
    if (changed.length === 0) continue;
    put(String(taken.length), changed);
    taken.push(given);
  }
  return taken;
}

/**
 * Each directory of files over the good ones, as the programs of the host read them; a line for each that is refused,
 * or read otherwise than the good one. What systemd says of a unit is compared with what it says of the good one, since
 * programs and users are not there.
 */
const parsers = `
  cd /root/tried
  said() { sed -e "s,/root/tried/[^/]*,,g;s,^[^ ]*\\.\\(service\\|timer\\|socket\\|target\\|mount\\|path\\): ,," | sort -u; }
  units() { find "$1/etc/systemd" -type f ! -name '*.conf' 2>/dev/null | sort; }
  # Programs and users of the reference are not there.
  verify() { units "$1" | xargs -r systemd-analyze verify --recursive-errors=no 2>&1 | grep -v "is not executable: No such file" | said; }
  check() {
    case $1 in
      */etc/nginx/*) nginx -t 2>&1 || return 1 ;;
      */etc/monit/keelson.d/*.conf | */etc/monit/monitrc) monit -t 2>&1 || return 1 ;;
      */sudoers*) visudo -c -f "$1" 2>&1 || return 1 ;;
      */filter.d/app-*) { cat /root/tried/good/etc/keelson/filter.d/table.nft; sed 's/"[a-z][a-z0-9-]*"/0/' "$1"; } | nft -c -f - 2>&1 || return 1 ;;
      */filter.d/*.nft) { [ "$1" = "\${1%table.nft}table.nft" ] || cat /root/tried/good/etc/keelson/filter.d/table.nft; cat "$1"; } | nft -c -f - 2>&1 || return 1 ;;
      */ssh/sshd_config.d/*) sshd -t 2>&1 || return 1 ;;
      */sysctl.d/*) sysctl -e --dry-run -p "$1" 2>&1 >/dev/null || return 1 ;;
    esac
    case $(head -c 9 "$1") in '#!/bin/sh'*) sh -n "$1" 2>&1 || return 1 ;; esac
  }
  inPlace() { case $1 in */etc/nginx/* | */etc/monit/* | */etc/ssh/*) return 0 ;; esac; return 1; }
  rm -rf /etc/nginx/keelson.d /etc/monit/keelson.d
  grep -rl '^#!' good | xargs chmod 0700
  chmod 0600 good/etc/monit/monitrc
  for part in nginx monit; do cp -a good/etc/$part/. /etc/$part/; done
  [ ! -d good/etc/ssh ] || cp -a good/etc/ssh/. /etc/ssh/
  # One pair for each that nginx reads.
  openssl req -x509 -newkey rsa:2048 -nodes -keyout /root/key -out /root/certificate -subj /CN=own -days 9 2>/dev/null
  grep -rhoE 'ssl_certificate(_key)? [^;]+' . | awk '{ print $2 }' | tr -d '"' | sort -u | while IFS= read -r path; do
    mkdir -p "\${path%/*}" && cat /root/certificate /root/key >"$path"
  done
  for path in $(find good -type f | sort); do check "$path" >/tmp/said || { echo "good $path: $(cat /tmp/said)"; }; done
  verify good >/tmp/verified
  for tried in $(ls | grep -x '[0-9]*' | sort -n); do
    for path in $(find "$tried" -type f); do
      place=\${path#"$tried"}
      ! inPlace "$path" || cat "$path" >"$place"
      check "$path" >/tmp/said || echo "$tried $place: $(cat /tmp/said)"
      ! inPlace "$path" || cat "good$place" >"$place"
    done
    [ -z "$(units "$tried")" ] || verify "$tried" | comm -23 - /tmp/verified | sed "s,^,$tried ,"
  done`;

for (const release of triedOn('trixie'))
  test(`hostile settings, and who reads them on ${release}`, { timeout: 600_000 }, async (t) => {
    const host = await copiedHost(t, { release });
    const directory = mkdtempSync(join(tmpdir(), 'keelson-hostile-'));
    const before = process.cwd();
    t.after(() => rmSync(directory, { recursive: true }));
    process.chdir(directory);
    t.after(() => process.chdir(before));
    const count = Number(process.env.KEELSON_HOSTILE ?? 40);
    const taken = rendered(join(directory, 'tried'), count);
    await host.exec('apt-get install -q -y --no-install-recommends libnginx-mod-stream', {
      timeout: 300_000,
    });
    const input = execFileSync('tar', ['-c', '-C', directory, 'tried'], { maxBuffer: 1 << 28 });
    await host.exec('tar -x -C /root', { input });
    const told = (await host.exec(parsers, { timeout: 500_000 })).split('\n').filter(Boolean);
    t.diagnostic(`${taken.length} hostile values were taken, and read by the programs of the host`);
    assert.deepEqual(
      told.map((line) => {
        const { at, text } = taken[Number.parseInt(line, 10)] ?? { at: '', text: '' };
        return `${at}: ${JSON.stringify(text)}: ${line}`;
      }),
      [],
    );
  });
