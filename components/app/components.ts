/** The registry of app types; each names its components. */
import { z } from 'zod';
import { mapping, type Shape, type Values } from '../fields/shape.ts';
import type { AppType } from './component.ts';
import { type JobApp, job } from './types/job.ts';
import { type StaticApp, staticSite } from './types/static.ts';
import { type TcpApp, tcp } from './types/tcp.ts';
import { type WebApp, web } from './types/web.ts';
import { type WorkerApp, worker } from './types/worker.ts';

/** Everything that a stack file says of an app, its type and its name. */
export type AppConfig = WebApp | TcpApp | WorkerApp | JobApp | StaticApp;

/** By name; an app that does not say is `web`. */
export const appTypes = { web, tcp, worker, job, static: staticSite } as const;

/** An app's type, as far as it does not matter which one it is. */
export const typeOf = ({ type }: Pick<AppConfig, 'type'>): AppType<AppConfig> =>
  appTypes[type] as unknown as AppType<AppConfig>;

const types =
  'Type of the app: `web` answers HTTP requests, `tcp` takes connections of any other kind, `worker` is sent nothing, `job` does its work and ends, by the clock or by command, `static` is files that nginx serves';

/**
 * An app in the stack file, of whatever type.
 * @param more fields beside those of the type.
 */
export function appSchema<M extends Shape>(more: M) {
  const { web, ...others } = appTypes;
  const member = (type: AppType<never>, name: z.ZodType) => {
    const rules = [...type.components.flatMap(({ rules = [] }) => rules), ...type.rules];
    return mapping({ type: name.describe(types), ...type.fields, ...more }, rules as never);
  };
  const schema = z
    .discriminatedUnion('type', [
      member(web, z.literal('web').optional().prefault('web')),
      ...Object.values(others).map((type) => member(type, z.literal(type.name))),
    ])
    .describe('An app: where its code is, how it is started and under which names it is reached');
  return schema as unknown as z.ZodType<Unnamed<AppConfig> & Values<M>>;
}

type Unnamed<A> = A extends unknown ? Omit<A, 'name'> : never;
