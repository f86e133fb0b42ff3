/** `keelson rollback`: an app back on a release that its servers keep, at once; the stack file is told. */
import { parseArgs } from 'node:util';
import { followHelper, printer } from '../operate/ask.ts';
import { complain } from '../operate/each.ts';
import { goalOf, keptOn, shortOf } from '../operate/kept.ts';
import { notPinned, pin } from '../operate/pin.ts';
import { readStack, type Server, type Stack, serversWith } from '../operate/stack.ts';
import { inTurn } from '../operate/turns.ts';
import { type Command, refuse } from './command.ts';

const usage = `Usage: keelson rollback STACK APP [RELEASE]

RELEASE is one that all servers keep, by its first digits (keelson releases lists them); the one before the current one
when not given. The servers do it at once, in the way of every rollout, with the settings and secrets of today; then the
stack file gets the line that makes the next up keep it.`;

export const rollback: Command = {
  name: 'rollback',
  usage,
  summary: 'takes an app back to a release that its servers keep, at once',
  async run(args) {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const [name, app, release, ...others] = positionals;
    if (name === undefined || app === undefined || others.length > 0) return refuse(usage);
    if (release !== undefined && !/^[0-9a-f]{1,64}$/.test(release))
      throw new Error(
        `"${release}" is no release; give the first digits of one that keelson releases lists`,
      );
    return await goBack(readStack(name), app, release);
  },
};

async function goBack(stack: Stack, app: string, release: string | undefined): Promise<number> {
  const servers = serversWith(stack, app);
  const answers = await keptOn(servers, app);
  if (answers.size === 0) return 1;
  const goal = goalOf(app, answers, release);
  const due = [...answers.keys()];
  const done = await inTurn(due, stack.atOnce, (server) =>
    followHelper(server, ['rollback', app, goal], printer(servers, server)),
  );
  if (done.length > 0) tell(stack, app, goal, done);
  return done.length === servers.length ? 0 : 1;
}

/** Also where some are not there yet: they follow at the next run. */
function tell({ file, name }: Stack, app: string, goal: string, done: readonly Server[]): void {
  const digits = shortOf(goal);
  console.log(`${app} is on ${digits} on ${done.map((server) => server.name).join(', ')}.`);
  pin(file, app, digits);
  console.log(
    `${file} now says release: "${digits}" of ${app}, which the next up of ${name} keeps; commit it.`,
  );
  for (const server of notPinned(file, app, digits))
    complain(
      `${server} has another release of ${app} by settings of its own, to which the next up goes: write release: "${digits}" below servers.${server}.apps.${app} too`,
    );
  console.log(
    `To deploy the source again: pulumi config rm --path 'keelson:apps.${app}.release' --stack ${name}`,
  );
}
