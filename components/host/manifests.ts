/**
 * The manifests of a host: which there are, in which order, and whose they are.
 *
 * Cut along what is secret and what must wait for what: an app's site is told to nginx when its instances
 * have moved, and no other app waits for them.
 */

type Declaration = {
  /** Whether a host has one, or each app on it. */
  readonly scope: 'server' | 'app';
  /** What must be applied before it, of the same app where there is one for each. */
  readonly after?: Part | readonly Part[];
  /** Its text is a Pulumi secret. */
  readonly secret: boolean;
  /** Seconds after which it goes back by itself, unless a new connection confirms that the host still lets one in. */
  readonly confirm?: number;
  /** What fails of it holds back no app, and no app holds it back. */
  readonly isApart?: true;
};

export type Part =
  | 'base'
  | 'private'
  | 'access'
  | 'tls-0-status'
  | 'credentials'
  | 'app'
  | 'rollout'
  | 'site'
  | 'tls';

export const manifests: Readonly<Record<Part, Declaration>> = {
  /** What the host has once: packages, kernel, journal, nginx itself, Monit itself. */
  base: { scope: 'server', secret: false },
  /** Files with secrets of the server, such as where alerts go. */
  private: { scope: 'server', after: 'base', secret: true },
  /** What can shut us out: sshd, the firewall, what sudo reads for who logs in, settings of the network. */
  access: { scope: 'server', after: 'base', secret: false, confirm: 90 },
  /** That nginx serves the status page over TLS, as `tls` has it of an app: only once it is served without. */
  'tls-0-status': { scope: 'server', after: 'base', secret: true, isApart: true },
  /** Secrets of an app that are files: they come before the units that load them, and go after those. */
  credentials: { scope: 'app', after: 'base', secret: true },
  /** User, directories, release and units of an app. */
  app: { scope: 'app', after: ['base', 'credentials'], secret: false },
  /** The environment of an app and its instances. Its hash says something of the secrets in it. */
  rollout: { scope: 'app', after: 'app', secret: true },
  /** What asks the instances: nginx's site and Monit's checks; and which of them may run on. */
  site: { scope: 'app', after: 'rollout', secret: false },
  /** Its certificate and key, and that nginx serves the site over TLS: only once it is served without. */
  tls: { scope: 'app', after: 'site', secret: true },
};

/** In the order in which a host is given them. */
export const parts = Object.keys(manifests) as readonly Part[];

/**
 * The name of a manifest on its host.
 * @example manifestName('rollout', 'shop') // 'rollout-shop'
 */
export const manifestName = (part: Part, app: string | undefined): string =>
  manifests[part].scope === 'server' ? part : `${part}-${app}`;
