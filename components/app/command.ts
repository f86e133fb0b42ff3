/** The command of an app: what its instances run. */
import { z } from 'zod';
import { command as anyCommand, argument, relativePath } from '../fields/index.ts';
import type { Running } from './code/runs.ts';
import { checkTypeScript } from './code/typescript.ts';
import { type AppContext, appComponent, type Named } from './component.ts';
import { type Node, nodeDirectory } from './node.ts';
import { home } from './user.ts';

const fields = {
  start: relativePath
    .optional()
    .describe('Script that Node.js runs, as a path inside the app, such as server.js'),
  args: z.array(argument).prefault([]).describe('Arguments of the script'),
  nodeArgs: z.array(argument).prefault([]).describe('Arguments of Node.js itself'),
  exec: anyCommand
    .optional()
    .describe(
      'Command in place of `start`: `node`, an absolute path or a path inside the app, and its arguments',
    ),
};

export type Command = Named<typeof fields> & { node: Node; sandbox: { jit: boolean } };

/** The command line of an instance. Its words come from fields that need no quoting. */
export function commandLine(app: Command): string {
  const node = `${nodeDirectory(app.node)}/node`;
  const jitless = app.sandbox.jit ? [] : ['--jitless'];
  if (app.start !== undefined)
    return [node, ...jitless, ...app.nodeArgs, app.start, ...app.args].join(' ');
  const [program = '', ...rest] = app.exec ?? [];
  if (program === 'node') return [node, ...jitless, ...app.nodeArgs, ...rest].join(' ');
  return [program.startsWith('/') ? program : `${home(app)}/current/${program}`, ...rest].join(' ');
}

/** The program of the host that instances run; none of one in the app, or of Node.js, which the kit brings along. */
export function hostProgram(app: Pick<Command, 'name' | 'exec'>): string | undefined {
  const [program = ''] = app.exec ?? [];
  return program.startsWith('/') && !program.startsWith(`${home(app)}/`) ? program : undefined;
}

export const command = appComponent({
  name: 'command',
  fields,
  render: (app: Command & Running, { facts }: Pick<AppContext, 'facts'>) => {
    checkTypeScript(app, facts);
    return {};
  },
  rules: [
    {
      path: 'start',
      error: 'is missing; give the script that Node.js runs, or another command as `exec`',
      holds: ({ start, exec }) => start !== undefined || exec !== undefined,
    },
    {
      path: 'exec',
      error: 'is given beside start; keep one of them',
      holds: ({ start, exec }) => start === undefined || exec === undefined,
    },
  ],
});
