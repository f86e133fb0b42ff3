/** `keelson releases`: the releases of an app that its servers keep. */
import { parseArgs } from 'node:util';
import { type Kept, keptOn, shortOf } from '../operate/kept.ts';
import { readStack, serversWith } from '../operate/stack.ts';
import { type Cell, table } from '../operate/table.ts';
import { type Command, refuse } from './command.ts';

const usage = 'Usage: keelson releases STACK APP [--server NAME]';

export const releases: Command = {
  name: 'releases',
  usage,
  summary: 'lists the releases of an app that its servers keep, and which is current',
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { server: { type: 'string' } },
      allowPositionals: true,
    });
    const [stack, app, ...others] = positionals;
    if (stack === undefined || app === undefined || others.length > 0) return refuse(usage);
    const servers = serversWith(readStack(stack), app, values.server);
    const answers = await keptOn(servers, app);
    const rows = [...answers].flatMap(([{ name }, all]) => all.map((kept) => rowOf(name, kept)));
    const head = ['server', 'release', 'state', 'unpacked', 'current since', 'by'];
    for (const line of table(head, rows)) console.log(line);
    return answers.size === servers.length ? 0 : 1;
  },
};

const colours = { current: 'green', kept: 'dim', failed: 'red' } as const;

const rowOf = (server: string, { release, state, unpacked, since, by }: Kept): Cell[] => [
  server,
  shortOf(release),
  { text: state, colour: colours[state] },
  moment(unpacked),
  moment(since),
  by || '-',
];

/** In UTC, to the minute. */
const moment = (seconds: number | undefined): string =>
  seconds === undefined
    ? '-'
    : new Date(seconds * 1000)
        .toISOString()
        .replace(/:\d\d\..*/, 'Z')
        .replace('T', ' ');
