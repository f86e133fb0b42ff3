/** `keelson restart`: starts the instances of an app anew, one after another, so that none of its visitors waits. */
import { parseArgs } from 'node:util';
import { followHelper, printer } from '../operate/ask.ts';
import { type Part, partOf } from '../operate/part.ts';
import { readStack, serversWith } from '../operate/stack.ts';
import { inTurn } from '../operate/turns.ts';
import { type Command, refuse } from './command.ts';

const usage = `Usage: keelson restart STACK APP [--server NAME]

Each instance is drained, stopped, started and asked for its health, as in a rollout; those that do not run are started.
Its members follow; a job is left alone.
It goes on, on the server that it is at, when this command is ended.`;

export const restart: Command = {
  name: 'restart',
  usage,
  summary: 'starts the instances of an app anew, one after another, without losing a request',
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { server: { type: 'string' } },
      allowPositionals: true,
    });
    const [name, app, ...others] = positionals;
    if (name === undefined || app === undefined || others.length > 0) return refuse(usage);
    const stack = readStack(name);
    checkRestarts(app, partOf(stack, app));
    const servers = serversWith(stack, app, values.server);
    const done = await inTurn(servers, stack.atOnce, (server) =>
      followHelper(server, ['restart', app], printer(servers, server)),
    );
    return done.length === servers.length ? 0 : 1;
  },
};

/** @throws of what has no instances, or moves with another. */
function checkRestarts(name: string, { app, member, type }: Part): void {
  if (type === 'static')
    throw new Error(`${name} is static: nothing of it runs, nginx reads its files`);
  if (type === 'job')
    throw new Error(`${name} is a job: nothing of it runs in between; \`run\` runs it now`);
  if (member !== undefined)
    throw new Error(`${name} is a member of ${app}, and is started anew with it: restart ${app}`);
}
