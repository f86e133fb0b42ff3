/** Conflicts: what one component may say, and two of them together may not. Each component knows its own. */
import type { AppComponent, Neighbours } from '../app/component.ts';
import { type AppConfig, appTypes, typeOf } from '../app/components.ts';
import type { Shape } from '../fields/shape.ts';
import { type ServerConfig, serverComponents } from '../server/components.ts';
import type { Problem } from './problem.ts';

type Component = AppComponent<Shape, AppConfig>;

/** All components of apps; one that several types have is one. */
const components = [
  ...new Set(Object.values(appTypes).flatMap(({ components }): readonly unknown[] => components)),
] as readonly Component[];

/** Conflicts between what is on one host. */
export const hostConflicts = (apps: readonly AppConfig[], neighbours: Neighbours): Problem[] =>
  components.flatMap((component) => {
    const concerned = apps.filter((app) => typeOf(app).components.includes(component));
    return component.conflicts?.(concerned, neighbours) ?? [];
  });

/** Conflicts between the servers of a stack. */
export const serverConflicts = (servers: readonly ServerConfig[]): Problem[] =>
  serverComponents.flatMap(({ conflicts }) => conflicts?.(servers) ?? []);
