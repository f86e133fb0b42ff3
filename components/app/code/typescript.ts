/** TypeScript as it is: which scripts of an app Node.js is to run, and from which version on it does. */
import type { Facts } from '../../host/facts.ts';
import { debianNode, type Node } from '../node.ts';
import { CannotRun, type Running, runsOf, scriptOf } from './runs.ts';

type Typed = Running & {
  readonly node: Node;
  readonly nodeArgs: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** @throws when a script is TypeScript, and the Node.js that will run it knows none. */
export function checkTypeScript(app: Typed, facts: Pick<Facts, 'version'>): void {
  const version =
    typeof app.node === 'string' ? debianNode[facts.version]?.version : app.node.version;
  const everywhere = (app.env?.NODE_OPTIONS ?? '').split(/\s+/);
  for (const { setting, script, options: own } of scriptsOf(app)) {
    const options = [...everywhere, ...own];
    const [, ending] = /\.([cm]?tsx?)$/.exec(script) ?? [];
    if (ending === undefined || options.some((option) => loader.test(option))) continue;
    if (ending.endsWith('x'))
      throw new CannotRun(
        setting,
        `Node.js runs no .${ending}; build ${script}, and name the result`,
      );
    const asked = options.some((option) => /^--experimental-(strip|transform)-types$/.test(option));
    const since = asked ? '22.6' : '22.18';
    if (version !== undefined && !stripsTypes(version, asked))
      throw new CannotRun(
        setting,
        `${script} is TypeScript, which Node.js runs from ${since} on, and here it is ${version}${app.node === 'debian' ? ` (Debian ${facts.version})` : ''}; choose a newer one as \`node\`, or build the app`,
      );
  }
}

function scriptsOf(app: Typed) {
  const { start, nodeArgs } = app;
  const own = start === undefined ? [] : [{ setting: 'start', script: start, options: nodeArgs }];
  const others = runsOf(app).flatMap(({ setting, words: [program, ...rest] }) => {
    const script = program === 'node' ? scriptOf(rest) : undefined;
    if (script === undefined) return [];
    const options = rest.slice(0, rest.indexOf(script));
    return [{ setting, script, options: setting === 'exec' ? [...nodeArgs, ...options] : options }];
  });
  return [...own, ...others];
}

/** What brings a reader of its own. */
const loader = /^(?:-r|--(?:require|import|loader|experimental-loader)(?:=.*)?)$/;

function stripsTypes(version: string, asked: boolean): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major === 22) return minor >= (asked ? 6 : 18);
  if (major === 23) return asked || minor >= 6;
  return major > 23;
}
