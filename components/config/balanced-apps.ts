/** What a program gives of a balancer and the apps behind it, read as a stack file's. */
import type { z } from 'zod';
import { type AppConfig, appSchema } from '../app/components.ts';
import type { WebApp } from '../app/types/web.ts';
import * as field from '../fields/index.ts';
import {
  type BalancerSettings,
  balancedApps,
  balancerConflicts,
  balancerSchema,
} from './aws-balancer.ts';
import type { AppSettings } from './host.ts';
import type { Problem } from './problem.ts';
import { ConfigError, reader, readNamed } from './read.ts';

export type BalancerInput = NonNullable<z.input<typeof balancerSchema>>;

/** A balancer and its apps as they were read. */
export type BalancerConfig = {
  readonly balancer: BalancerSettings;
  readonly apps: readonly WebApp[];
};

const schema = appSchema({});

/**
 * Reads the settings of a balancer and of the apps behind it.
 * @throws ConfigError with all problems.
 */
export function readBalancer(
  name: string,
  given: BalancerInput,
  apps: Readonly<Record<string, AppSettings>>,
): BalancerConfig {
  const problems: Problem[] = [];
  const read = reader(problems, new Set());
  const balancer = read(balancerSchema, given);
  const all = readNamed(read, field.appName, schema, apps, 'apps') as AppConfig[];
  const place = { aws: {}, apps: all };
  const known = balancer ?? balancerSchema.parse({});
  problems.push(...balancerConflicts({ balancer: known }, [place]));
  if (problems.length > 0 || !balancer) throw new ConfigError(`balancer ${name}`, problems);
  return { balancer, apps: balancedApps([place]) };
}
