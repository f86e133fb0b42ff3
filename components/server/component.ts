/** The record that a component of the server is. */

import type { SecretNeed, Secrets } from '../fields/secrets.ts';
import type { Rule, Shape, Values } from '../fields/shape.ts';
import type { Contribution, Wanted } from '../host/compose.ts';
import type { Facts } from '../host/facts.ts';

/** A file of the machine that runs Pulumi, and the setting that names it. */
export type LocalFile = {
  readonly at: string;
  readonly path: string;
  readonly mayBeDirectory?: boolean;
};

/**
 * `F`: its fields in the stack file. `S`: what it reads of a server, its own fields at least; what it
 * reads of other components it declares as the type of `server`.
 */
export type ServerComponent<F extends Shape, S> = {
  readonly name: string;
  readonly fields: F;
  /** Names of fields that each of several servers says for itself. */
  readonly own?: readonly (keyof F & string)[];
  /** What must hold between the fields of one server. */
  readonly rules?: readonly Rule<S>[];
  /** Secrets that it knows, by their names in `keelson:serverSecrets`, which no other component has. */
  readonly secrets?: Shape;
  /** Those that the settings of a server cannot do without. */
  readonly needs?: (server: S) => readonly SecretNeed[];
  /** What it wants of the host; what holds a secret goes into a manifest that is secret, what can shut us out into `access`. */
  readonly render?: (
    server: S,
    host: { readonly facts: Facts; readonly secrets?: Secrets },
  ) => Pick<Wanted, 'base' | 'private' | 'access' | 'tls-0-status' | 'uploads'>;
  /** What a preview says where its items change. */
  readonly notes?: (
    server: S,
    host: { readonly facts: Facts },
  ) => NonNullable<Contribution['notes']>;
  /** What is wrong with its settings that no schema can say, as `status.domain: … ; remedy`. */
  readonly unfit?: (server: S) => readonly string[];
  /** What two servers of a stack may not both say, as `servers.web2.address: … ; remedy`. */
  readonly conflicts?: (servers: readonly (S & { name: string })[]) => string[];
  /** Files of this machine that must be readable. */
  readonly localFiles?: (server: S) => readonly LocalFile[];
  /** What a preview has to say of the server, whether anything differs or not. */
  readonly news?: (server: S, facts: Facts) => readonly string[];
  /** What it says of the server once it is rendered. */
  readonly report?: (server: S) => Partial<ServerReport>;
};

export type ServerReport = { readonly address: string };

export const serverComponent = <const F extends Shape, S = Values<F>>(
  component: ServerComponent<F, S>,
): ServerComponent<F, S> => component;
