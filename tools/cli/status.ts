/** `keelson status`: what runs on the servers of a stack, and how. */
import { parseArgs } from 'node:util';
import { askHelper } from '../operate/ask.ts';
import { onEach } from '../operate/each.ts';
import { readStack, type Server, serversWith } from '../operate/stack.ts';
import { hostLine, parseStatus, type Status, statusHead, statusRows } from '../operate/status.ts';
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
    const answers = new Map<Server, string>();
    const code = await onEach(servers, async (server) => {
      answers.set(server, await askHelper(server, ['status']));
      return 0;
    });
    const inOrder = servers.filter((server) => answers.has(server));
    if (values.json) {
      const all = inOrder.map((it) => [it.name, JSON.parse(answers.get(it) ?? '')]);
      console.log(JSON.stringify(Object.fromEntries(all), null, 2));
    } else for (const server of inOrder) print(server, parseStatus(answers.get(server) ?? ''));
    return code;
  },
};

function print({ name }: Server, said: Status): void {
  console.log(`${painted('bold', name)}  ${hostLine(said)}`);
  for (const line of table(statusHead, statusRows(said))) console.log(line);
  for (const problem of said.problems) console.log(painted('red', `! ${problem}`));
}
