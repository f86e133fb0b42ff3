/** The record that a component of an app is. */
import type { Rule, Shape, Values } from '../fields/shape.ts';
import type { Contribution, Wanted } from '../host/compose.ts';
import type { Facts } from '../host/facts.ts';
import type { LocalFile } from '../server/component.ts';
import type { ServerConfig } from '../server/components.ts';

/** `hash`: of the packed tar, uncompressed. `archive`: its local path; none when the host has it already. */
export type Release = { readonly hash: string; readonly archive?: string | undefined };

/** What there is to an app on one host beside its own settings. */
export type AppContext = {
  readonly facts: Facts;
  readonly server: ServerConfig;
  /** What tells the instances apart: the port of each, or its number. */
  readonly instances: readonly number[];
  /** The ports of the other apps on the host that have any, by their names. */
  readonly others: Readonly<Record<string, readonly number[]>>;
  /** Environment variables that its components give it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Values of the secret ones. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly release: Release;
};

/** What apps of one host can be in conflict with. */
export type Neighbours = {
  /** Missing where it could not be read: what is wrong with it is told apart. */
  readonly server?: ServerConfig | undefined;
  /** Cores of the host, where it was looked at. */
  readonly cores?: number | undefined;
  /** Secret environment variables, by app. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/** What is said of an app after a run, and what a preview adds to the rows of its items. */
export type AppReport = {
  /** Hash of its release. */
  readonly release: string;
  /** The ports of its instances, or their numbers. */
  readonly instances: readonly number[];
  /** Releases that it can go back to, newest first. */
  readonly kept: readonly string[];
  /** The numbers of its members' instances, by member; nothing without any. */
  readonly also?: Readonly<Record<string, readonly number[]>>;
};

/**
 * `F`: its fields in the stack file. `A`: what it reads of an app, its own fields and the name at least.
 * `C`: what it reads of the context.
 */
export type AppComponent<F extends Shape, A, C = AppContext> = {
  readonly name: string;
  readonly fields: F;
  /** What must hold between the fields of one app. */
  readonly rules?: readonly Rule<A>[];
  /** Environment variables that the app finds; those of the stack file win over them. */
  readonly variables?: (app: A) => Readonly<Record<string, string>>;
  /** What it wants of the host. */
  readonly render?: (app: A, context: C) => Wanted;
  /** What apps on one host may not say together, as `apps.shop.port: …; remedy`. */
  readonly conflicts?: (apps: readonly A[], neighbours: Neighbours) => string[];
  /** Files of this machine that must be readable. */
  readonly localFiles?: (app: A) => readonly LocalFile[];
  /** What it says of the app once it is rendered. */
  readonly report?: (app: A, context: C) => Partial<AppReport>;
  /** What a preview says where the app's items change. */
  readonly notes?: (app: A, context: C) => NonNullable<Contribution['notes']>;
};

export type Named<F extends Shape> = Values<F> & { readonly name: string };

export const appComponent = <const F extends Shape, A = Named<F>, C = AppContext>(
  component: AppComponent<F, A, C>,
): AppComponent<F, A, C> => component;

/** One type of apps: which components it has, and which instances. */
export type AppType<A> = {
  readonly name: string;
  readonly components: readonly AppComponent<Shape, A>[];
  /** The fields of all of them. */
  readonly fields: Shape;
  /** What must hold between fields of several components. */
  readonly rules: readonly Rule<A>[];
  readonly instances: (app: A, facts: Facts) => readonly number[];
};
