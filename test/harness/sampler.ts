/** What is seen of words while something goes on: in arguments and environments of processes, and in files that anybody may read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebianHost } from './host.ts';

/**
 * Looks again and again for as long as the file with the words is there; prints each finding once:
 * `cmdline|environ UID COMMAND WORD` or `file MODE PATH WORD`.
 */
const program = `umask 077
cd "$1" && shift
own=$(readlink /proc/self/ns/pid)
while [ -e words ]; do
  grep -lsaF -f words /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | while read -r path; do
    process=\${path%/*}
    [ "$(readlink "$process/ns/pid")" = "$own" ] || continue
    # Of one that ended meanwhile nothing is told but what was there; the next look sees its like.
    command=$(tr ' ' _ 2>/dev/null <"$process/comm") && [ -n "$command" ] && user=$(stat -c %u "$process" 2>/dev/null) || continue
    grep -aoF -f words "$path" 2>/dev/null | sort -u | while read -r word; do
      printf '%s %s %s %s\\n' "\${path##*/}" "$user" "$command" "$word"
    done
  done
  find "$@" -path '*/.keelson/hosts' -prune -o -type f -perm /0004 -newer words -size -200k -exec grep -lsaF -f words {} + 2>/dev/null | while read -r path; do
    grep -aoF -f words "$path" 2>/dev/null | sort -u | while read -r word; do
      printf 'file %s %s %s\\n' "$(stat -c %a "$path" 2>/dev/null)" "$path" "$word"
    done
  done
  sleep 0.03
done >found`;

/** Directories in which files are looked at on a host. */
const places = '/etc /run /tmp /var/tmp /var/lib/keelson /var/lib/monit /var/log /dev/shm /srv';

export type Sampler = { readonly stop: () => Promise<string[]> };

const parsed = (text: string): string[] => [...new Set(text.split('\n').filter(Boolean))].sort();

/** On a host. */
export async function onHost(host: DebianHost, words: readonly string[]): Promise<Sampler> {
  const folder = '/mnt/sampler';
  await host.exec(
    `mkdir -m 0700 ${folder} && cat >${folder}/words && cat >${folder}/program <<'END' && systemd-run -q --unit=sampler sh ${folder}/program ${folder} ${places}
${program}
END`,
    { input: words.join('\n') },
  );
  return {
    stop: async () => {
      const found = await host.exec(
        `rm ${folder}/words; while systemctl is-active -q sampler; do sleep 0.05; done; cat ${folder}/found; rm -r ${folder}`,
      );
      return parsed(found);
    },
  };
}

/** On this machine, whose containers are left out. */
export async function onThisMachine(words: readonly string[]): Promise<Sampler> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-sampler-'));
  writeFileSync(join(folder, 'words'), `${words.join('\n')}\n`, { mode: 0o600 });
  const child = spawn('sh', ['-c', program, 'sampler', folder, tmpdir()], { stdio: 'ignore' });
  return {
    stop: async () => {
      const ended = once(child, 'close');
      rmSync(join(folder, 'words'));
      await ended;
      const found = parsed(readFileSync(join(folder, 'found'), 'utf8'));
      rmSync(folder, { recursive: true });
      return found;
    },
  };
}
