/** What the last run of each command did: shown among the stack's outputs. */
import type { Header } from '../host/manifest.ts';

export type Changes = {
  /** The run that did it, as `/var/log/keelson.log` names it. */
  run: string;
  /** The same lines as there. */
  lines: string[];
};

/** By manifest, from what the commands printed and the headers that they were given. */
export function changesOf(
  printed: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, Header>>,
): Record<string, Changes> {
  return Object.fromEntries(
    Object.entries(printed).flatMap(([name, text]) => {
      const lines = (text ?? '').split('\n').filter((line) => /^(drift|change) /.test(line));
      const run = headers[name]?.run;
      return run !== undefined && lines.length > 0 ? [[name, { run, lines }]] : [];
    }),
  );
}
