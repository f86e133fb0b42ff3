/**
 * Recovery, on a Debian host in a container: whatever ends, hangs or is late is seen to come back, while others visit.
 *
 *     npm run recovery                       both releases of Debian, beside each other: about twelve minutes
 *     npm run recovery -- --release trixie
 *     npm run recovery -- --late 20          the database comes up so many seconds after the boot, not three minutes
 *
 * Ends in one line for each release. Its exit code is 1 when a GET was lost in anything but the reboot.
 */
import { releases } from '../../tools/container/base.ts';
import { options } from '../../tools/lib/options.ts';
import { faint, print } from '../../tools/lib/terminal.ts';
import { recover } from './run.ts';

const { values } = options('npm run recovery -- [--release trixie] [--late 180]', {
  options: {
    release: { type: 'string' },
    late: { type: 'string', default: '180' },
  },
});
const late = Number(values.late);
if (!(late >= 1)) throw new Error('--late takes a number of seconds of at least 1');
const chosen = releases.filter((name) => !values.release || name === values.release);
if (chosen.length === 0) throw new Error(`--release: choose one of ${releases.join(', ')}`);

const results = await Promise.all(
  chosen.map((release) => recover(release, late, (line) => print(faint(`${release}: ${line}`)))),
);
print();
for (const { line } of results) print(line);
if (results.some(({ lost }) => lost > 0)) process.exitCode = 1;
