/** Old logs where a rule of the kit for their rotation takes the place of another, in a directory for /etc/logrotate.d. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const part = readFileSync(new URL('../../files/host/files.sh', import.meta.url), 'utf8');

/** Where an old log is after these lines, once the kit's rule took the place of what was there for this reason. */
function oldLog(found: string, origin: string, lines = ''): string {
  const shell = `${part.replaceAll('/etc/logrotate.d/', '"$STATE"/rules/')}
    server=web1 run=r1 manifest=base armed='' place=$STATE/rules/nginx; mkdir "$STATE/rules" "$STATE/logs"
    printf '%s\\n' "$STATE/logs/*.log { rotate 52 }" '${found}' >"$place"
    echo rule >"$place.new"; : >"$STATE/logs/access.log"; : >"$STATE/logs/access.log.1"
    rows=$(printf '\\n%s\\tfile\\t%s\\tsha256\\ta\\tb\\n.' '${origin}' "$place")
    swap_path file "$place.new" "$place"; [ "$(cat "$place")" = rule ]
    ${lines}
    cd "$STATE/logs"; find . -name '*.1'`;
  return hostShell(shell).trim();
}

const kept = './before-keelson/access.log.1';

test('logs that a rule of somebody’s kept are put where the kit’s does not delete them', () => {
  assert.equal(oldLog('', 'found'), kept);
});

test('those that the kit rotates stay, whatever somebody made of its rule', () => {
  const there = './access.log.1';
  assert.equal(oldLog('# Managed by Keelson', 'found'), there);
  assert.equal(oldLog('# Managed by Keelson', 'change'), there);
  assert.equal(oldLog('', 'drift'), there);
});

test('with the rule that a run puts back they come back, too', () => {
  const undone = 'undo_files "$work/undo" >/dev/null';
  assert.equal(oldLog('', 'found', undone), './access.log.1');
  const earlier = 'mkdir -p before-keelson && mv access.log.1 before-keelson';
  const again = `(cd "$STATE/logs" && ${earlier}); ${undone}`;
  assert.equal(oldLog('# Managed by Keelson', 'change', again), kept);
});
