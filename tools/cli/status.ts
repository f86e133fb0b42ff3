/** `keelson status`: what runs on the servers of a stack, and how. */
import { parseArgs } from 'node:util';
import { askHelper } from '../operate/ask.ts';
import { onEach } from '../operate/each.ts';
import { readStack, type Server, serversWith } from '../operate/stack.ts';
import { hostLine, type Status, statusHead, statusOf, statusRows } from '../operate/status.ts';
import { table } from '../operate/table.ts';
import { painted } from '../operate/text.ts';
import { type Command, refuse } from './command.ts';

const usage = `Usage: keelson status STACK [--server NAME] [--json]

  --json   what each server says, as JSON by its name`;

export const status: Command = {
  name: 'status',
  usage,
  summary: 'shows what runs on the servers of a stack, and how',
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { server: { type: 'string' }, json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [stack, ...others] = positionals;
    if (stack === undefined || others.length > 0) return refuse(usage);
    const servers = serversWith(readStack(stack), undefined, values.server);
    const answers = new Map<Server, { status: Status; json: unknown }>();
    const code = await onEach(servers, async (server) => {
      const said = await askHelper(server, ['status']);
      answers.set(server, { status: statusOf(server.way, said), json: JSON.parse(said) });
      return 0;
    });
    const inOrder = servers.flatMap((server) => {
      const answer = answers.get(server);
      return answer ? [{ server, ...answer }] : [];
    });
    if (values.json) {
      const all = inOrder.map(({ server, json }) => [server.name, json]);
      console.log(JSON.stringify(Object.fromEntries(all), null, 2));
    } else for (const { server, status } of inOrder) print(server, status);
    return code;
  },
};

function print({ name }: Server, said: Status): void {
  console.log(`${painted('bold', name)}  ${hostLine(said)}`);
  for (const line of table(statusHead, statusRows(said))) console.log(line);
  for (const problem of said.problems) console.log(painted('red', `! ${problem}`));
}
