/** What types share whose apps run. */
import type { Rule } from '../../fields/shape.ts';
import { credentials } from '../credentials.ts';
import { directories } from '../directories.ts';
import { environment } from '../environment.ts';
import { home } from '../home.ts';
import { linked } from '../linked.ts';
import { logs } from '../logs.ts';
import { node } from '../node.ts';
import { places } from '../places.ts';
import { reach } from '../reach.ts';
import { type Sandbox, sandbox } from '../sandbox.ts';
import { scratch } from '../scratch.ts';
import { units } from '../units.ts';
import { user } from '../user.ts';

/** As what a process runs: sandbox, runtime, environment, units and user. */
export const runsAs = [sandbox, reach, node, environment, credentials, units, user] as const;

/** Where what it keeps and says goes. */
export const keepsIn = [directories, home, linked, scratch, places, logs] as const;

/** All that is around a process. */
export const running = [...runsAs, ...keepsIn] as const;

/** Of what listens at a port of its own. */
export const canListen: Rule<{ listen: 'port' | 'socket'; sandbox: Sandbox }> = {
  path: 'sandbox',
  error: 'leaves the app no way to listen; add `listen: socket` or choose `network: localhost`',
  holds: ({ listen, sandbox }) => listen !== 'port' || sandbox?.network !== 'none',
};
