/**
 * Real apps, deployed as docs/apps.md says:
 *
 *     npm run apps                                   all, on both Debian releases
 *     npm run apps -- express nest --release trixie  some, on one
 *
 * Installs them from npm's registry into .keelson/apps, and keeps them there for the next time.
 */
import { releases } from '../../tools/container/base.ts';
import { options } from '../../tools/lib/options.ts';
import { going, green, print, red } from '../../tools/lib/terminal.ts';
import type { App } from './app.ts';
import { apps } from './list.ts';
import { type Prepared, prepared } from './prepare.ts';
import { trial } from './trial.ts';

const usage = `npm run apps [-- NAME...] [--release ${releases.join('|')}]`;
const { values, positionals } = options(usage, {
  allowPositionals: true,
  options: { release: { type: 'string' } },
});
const unknown = positionals.filter((name) => !apps.some((app) => app.name === name));
const wanted = releases.filter((release) => release === (values.release ?? release));
if (unknown.length > 0 || wanted.length === 0) {
  const wrong = unknown.join(' or ') || values.release;
  const names = apps.map(({ name }) => name).join(', ');
  console.error(red(`nothing is called ${wrong}.\n  Usage: ${usage}\n  Names: ${names}`));
  process.exit(1);
}

for (const app of apps)
  if (positionals.length === 0 || positionals.includes(app.name))
    if (!(await tryOut(app))) process.exitCode = 1;

/** Whether it did well on all releases; prints a line for each. */
async function tryOut(app: App): Promise<boolean> {
  going(`${app.name}: installing`);
  let made: Prepared;
  try {
    made = await prepared(app);
  } catch (error) {
    return tell(app.name, error);
  }
  let isGood = true;
  for (const release of wanted) {
    const title = `${app.name} on ${release}: ${made.versions}`;
    going(title);
    try {
      const { seconds, tried } = await trial(app, release, made);
      print(`${green('✓')} ${title}: deployed in ${seconds.toFixed(0)} s; ${tried.join('; ')}: ok`);
    } catch (error) {
      isGood = tell(title, error);
    }
  }
  return isGood;
}

function tell(title: string, error: unknown): false {
  print(`${red('✗')} ${title}: ${error instanceof Error ? error.message : error}`);
  return false;
}
