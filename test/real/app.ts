/** What `npm run apps` tries: apps of real packages, each deployed as docs/apps.md says. */
import type { DebianHost } from '../harness/host.ts';
import type { Answer, Asked } from '../harness/http.ts';
import type { Stack } from '../harness/stack.ts';

/** A command without a shell. */
export type Command = readonly string[];

export type App = {
  /** As on the command line. */
  readonly name: string;
  /** The heading in docs/apps.md whose first stack file is this app's. */
  readonly section: string;
  /** The directory below `test/real` with its code, as its people have it in their repository. Default: its name. */
  readonly code?: string;
  /** Commands that install it in a copy of the code. Default: `npm install --omit=dev`. */
  readonly install?: readonly Command[];
  /** Commands that build it, once installed, and again after the change. */
  readonly build?: readonly Command[];
  /** What of its directory is deployed; default: all. */
  readonly output?: string;
  /** A change of its code that is seen at `path`, by default `/`: the answer has `from`, then `to`. */
  readonly change: {
    readonly file: string;
    readonly from: string;
    readonly to: string;
    readonly path?: string;
  };
  /** Its secret environment variables. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Packages of which it consists; default: all `dependencies` of its package.json. */
  readonly versions?: readonly string[];
  /** Uses it as its users do, and says in a few words each what was tried. */
  readonly use: (site: Site) => Promise<readonly string[]>;
  /** What must still be so with another release, such as what was uploaded. */
  readonly still?: (site: Site) => Promise<readonly string[]>;
};

/** An app on a host. */
export type Site = {
  readonly host: DebianHost;
  readonly stack: Stack;
  /** Its name in the stack file, and with that of its units and directories. */
  readonly name: string;
  readonly domain: string;
  /** What was installed on this machine; it may hold clients too. */
  readonly directory: string;
  /** As the harness' own, under its domain. */
  readonly ask: (path: string, asked?: Asked) => Promise<Answer>;
};
