/** `keelson restart`: starts the instances of an app anew, one after another, so that none of its visitors waits. */
import { parseArgs } from 'node:util';
import { followHelper, printer } from '../operate/ask.ts';
import { readStack, serversWith } from '../operate/stack.ts';
import { inTurn } from '../operate/turns.ts';
import { type Command, refuse } from './command.ts';

const usage = `Usage: keelson restart STACK APP [--server NAME]

Each instance is drained, stopped, started and asked for its health, as in a rollout; those that do not run are started.
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
    const servers = serversWith(stack, app, values.server);
    const done = await inTurn(servers, stack.atOnce, (server) =>
      followHelper(server, ['restart', app], printer(servers, server)),
    );
    return done.length === servers.length ? 0 : 1;
  },
};
