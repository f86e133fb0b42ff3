/** `keelson logs`: what an app says, on all its servers. */
import { parseArgs } from 'node:util';
import { onEach } from '../operate/each.ts';
import type { Entry, Wanted } from '../operate/entry.ts';
import { lineOf } from '../operate/log-line.ts';
import { inOrder } from '../operate/merge-logs.ts';
import { type Part, partOf } from '../operate/part.ts';
import { isInFiles, readLog } from '../operate/read-log.ts';
import { sinceOf } from '../operate/since.ts';
import { readStack, type Server, serversWith } from '../operate/stack.ts';
import { type Command, refuse } from './command.ts';

const usage = `Usage: keelson logs STACK APP [-f] [--since TIME] [-n LINES] [--grep PATTERN] [--server NAME]

Of an app also what its members say; of one alone where APP names it, such as shop-mail.

  -f, --follow        goes on with what comes, until Ctrl-C
  --since TIME        what came since: 30s, 15m, 1h, 2d ago, or 2026-11-28, or "2026-11-28 20:41"
  -n, --lines LINES   the last ones of each server, 100 when not given; of log files, of each file
  --grep PATTERN      lines that match (PCRE2); in either case where it has no capitals
  --server NAME       of one server alone`;

const options = {
  follow: { type: 'boolean', short: 'f', default: false },
  since: { type: 'string' },
  lines: { type: 'string', short: 'n' },
  grep: { type: 'string' },
  server: { type: 'string' },
} as const;

export const logs: Command = {
  name: 'logs',
  usage,
  summary: 'prints or follows what an app says, on all its servers',
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [stack, app, ...others] = positionals;
    if (stack === undefined || app === undefined || others.length > 0) return refuse(usage);
    const wanted = wantedOf(values);
    const read = readStack(stack);
    const part = partOf(read, app);
    const servers = serversWith(read, part.app, values.server);
    const inFiles = servers.find((server) => isInFiles(server, part.app));
    if (inFiles && wanted.since !== undefined)
      throw new Error(
        `--since: ${app} logs to files on ${inFiles.name}, whose lines have no time; say -n LINES instead`,
      );
    return await (wanted.follow ? follow(servers, part, wanted) : show(servers, part, wanted));
  },
};

function wantedOf(values: {
  follow: boolean;
  since?: string;
  lines?: string;
  grep?: string;
}): Wanted {
  const { follow, since, lines, grep } = values;
  if (lines !== undefined && !/^\d{1,7}$/.test(lines))
    throw new Error(`--lines: "${lines}" is no number of lines; write such as -n 500`);
  if (grep === '') throw new Error('--grep: is empty; give a pattern, or leave it out');
  const isLimited = lines !== undefined || since === undefined;
  return {
    follow,
    grep,
    since: since === undefined ? undefined : sinceOf(since),
    lines: isLimited ? Number(lines ?? 100) : undefined,
  };
}

/** All servers' lines in the order of their times. */
async function show(servers: readonly Server[], part: Part, wanted: Wanted): Promise<number> {
  const never = new AbortController().signal;
  const read = (server: Server) => readLog(server, part, wanted, never);
  const { entries, code } = inOrder(servers, read);
  for await (const { server, entry } of entries) print(servers, server, entry);
  return code();
}

/** Each server's as they come, until somebody ends it. */
async function follow(servers: readonly Server[], part: Part, wanted: Wanted): Promise<number> {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  return await onEach(servers, async (server) => {
    for await (const entry of readLog(server, part, wanted, ending.signal))
      print(servers, server, entry);
    return 0;
  });
}

function print(servers: readonly Server[], server: Server, entry: Entry): void {
  const place =
    servers.length > 1 ? { name: server.name, index: servers.indexOf(server) } : undefined;
  for (const line of lineOf(entry, place)) process.stdout.write(`${line}\n`);
}
