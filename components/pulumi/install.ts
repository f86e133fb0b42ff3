/**
 * How the helper gets onto a host: the connection that looked brings the text along, and the helper's own command
 * puts it in place. In the command's input the text would be read from the state in each run, for each host.
 */
import { gzipSync } from 'node:zlib';
import { sha256 } from '../host/item.ts';
import { helper, helperPath } from '../host/script.ts';

// What is in the way of a file, as a directory would be.
const aside = '/var/lib/keelson/aside/usr/local/sbin';

/** In memory, and root's alone; gone with the next boot where nobody takes it. */
const parcel = (hash: string): string => `/run/keelson-helper.${hash}`;

/** The script that brings the helper along, for the host's `sh`. */
export const parcelScript = (program = helper()): string => `bring_helper() {
  set -eu
  umask 077
  new=$(mktemp /run/.keelson-helper.XXXXXX)
  packed | base64 -d >"$new" || { rm -f "$new" && exit 1; }
  mv -fT "$new" ${parcel(sha256(program))}
}
packed() {
  cat <<'END'
${packed(program)}
END
}
bring_helper
`;

// A stack has many hosts, and all get the same.
const known = new Map<string, string>();

function packed(program: string): string {
  const lines =
    known.get(program) ??
    gzipSync(program, { level: 9 })
      .toString('base64')
      .replace(/.{76}(?!$)/g, '$&\n');
  known.set(program, lines);
  return lines;
}

/** By which the state tells what its command has installed. */
export const firstLine = (run: string): string => `# Run ${run}\n`;

/**
 * The script that puts it in place: the standard input of `sh -s SERVER`. One that lies there already serves as well,
 * as where the state alone does not know of it.
 *
 * All of it is one function, so that nothing is done when the end was cut off on its way.
 */
export function installer(run: string, program = helper()): string {
  const hash = sha256(program);
  return `${firstLine(run)}install_helper() {
  set -eu
  umask 077
  new=$(mktemp /usr/local/sbin/.keelson.XXXXXX)
  gzip -dc >"$new" 2>/dev/null <${parcel(hash)} || cat ${helperPath} >"$new" 2>/dev/null || :
  if [ "$(sha256sum <"$new")" != '${hash}  -' ]; then
    rm -f "$new"
    echo 'keelson: the helper did not arrive whole; run up again' >&2
    exit 1
  fi
  found=missing
  [ ! -f ${helperPath} ] || found=$(stat -c %U:%G:%a ${helperPath}):$(sha256sum <${helperPath})
  chmod 0755 "$new"
  sync "$new"
  chattr -ia ${helperPath} 2>/dev/null || :
  if [ -d ${helperPath} ] && [ ! -L ${helperPath} ]; then
    mkdir -p ${aside}
    rm -rf ${aside}/keelson
    mv ${helperPath} ${aside}/
  fi
  mv -fT "$new" ${helperPath}
  rm -f ${parcel(hash)}
  ${helperPath} installed "$run" "$found" "$1"
}
run=${run}
install_helper "$@"
`;
}
