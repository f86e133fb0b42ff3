/**
 * Scanners against a host as the kit leaves it: Lynis, ssh-audit, testssl.sh, systemd-analyze, and the controls of
 * dev-sec's baselines, asked by goss.
 *
 *     npm run audit                        both releases of Debian, one after another: about fifteen minutes
 *     npm run audit -- --release trixie
 *
 * Each finding is printed with the reason why it stays. Ends in one line for each release. Its exit code is 1 when
 * something was found that has no reason.
 */
import { globSync, readFileSync } from 'node:fs';
import { releases } from '../../tools/container/base.ts';
import { options } from '../../tools/lib/options.ts';
import { root } from '../../tools/lib/pulumi.ts';
import { faint, print } from '../../tools/lib/terminal.ts';
import { type Audited, audit, controls } from './run.ts';

const { values } = options('npm run audit -- [--release trixie]', {
  options: { release: { type: 'string' } },
});
const chosen = releases.filter((name) => !values.release || name === values.release);
if (chosen.length === 0) throw new Error(`--release: choose one of ${releases.join(', ')}`);
const [program] = globSync('.keelson/goss/*/goss', { cwd: root });
if (!program) throw new Error('goss is missing; run npm run audit, which builds it');
const goss = readFileSync(`${root}/${program}`);

for (const { id, title, left } of controls)
  if (left !== undefined) print(faint(`left out: ${id}, ${title}: ${left}`));
const results: Audited[] = [];
for (const release of chosen)
  results.push(await audit(release, goss, (line) => print(faint(`${release}: ${line}`))));
print();
for (const { line } of results) print(line);
if (results.some(({ unexplained }) => unexplained > 0)) process.exitCode = 1;
