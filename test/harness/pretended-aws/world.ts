/** What the pretended AWS has: a file that the plugin and a scenario both read and write, one after the other. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export type Machine = {
  state: string;
  publicIp: string;
  launchTime: string;
  userData: string;
  ami: string;
};

export type World = {
  /** Those that instances get, one after another: a container's each. */
  addresses: string[];
  instances: Record<string, Machine>;
  /** What was done, such as `create aws:ec2/instance:Instance web1`. */
  done: string[];
};

export const readWorld = (path: string): World => JSON.parse(readFileSync(path, 'utf8'));

/** At once, for whoever reads it meanwhile. */
export function writeWorld(path: string, world: World): void {
  writeFileSync(`${path}.new`, JSON.stringify(world));
  renameSync(`${path}.new`, path);
}
