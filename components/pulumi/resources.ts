/**
 * The edge to Pulumi: one command per manifest, nothing else decides here.
 */
import { remote } from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { judgeHelper, type Verdict } from '../host/drift.ts';
import type { Memory } from '../host/facts.ts';
import { type Header, type Manifest, text, type Upload } from '../host/manifest.ts';
import { helper, helperPath } from '../host/script.ts';
import { commandConnection, type Target } from '../ssh/connection.ts';

/** A manifest and what the look at the host said of it. */
export type Judged = { readonly manifest: Manifest; readonly verdict: Verdict };

/** All that is to be registered for one host. */
export type Plan = {
  readonly target: Target;
  readonly memory: Memory;
  /** Names this run, for headers that are new. */
  readonly run: string;
  readonly judged: readonly Judged[];
  /** What a later preview that may not look at the host is to know of it. */
  readonly remembered: object;
  /** Resources of other servers whose rollouts come first. */
  readonly after: readonly pulumi.Resource[];
};

// What is in the way of a file, as a directory would be.
const aside = '/var/lib/keelson/aside/usr/local/sbin';

// Takes the run's line, then the script; a script that was cut on its way lacks its last line.
const install = [
  'set -eu; umask 077; IFS= read -r run',
  't=$(mktemp /usr/local/sbin/.keelson.XXXXXX); cat >"$t"',
  'tail -n 1 "$t" | grep -q "^main " || { rm -f "$t"; echo "the helper was cut on its way; run up again" >&2; exit 1; }',
  `found=missing; [ ! -f ${helperPath} ] || found=$(stat -c %U:%G:%a ${helperPath}):$(sha256sum <${helperPath})`,
  `chmod 0755 "$t"; sync "$t"; chattr -ia ${helperPath} 2>/dev/null || :`,
  `if [ -d ${helperPath} ] && [ ! -L ${helperPath} ]; then mkdir -p ${aside}; rm -rf ${aside}/keelson; mv ${helperPath} ${aside}/; fi`,
  `mv -fT "$t" ${helperPath}`,
  `${helperPath} installed "\${run#run }" "$found" "$1"`,
].join('; ');

/** The resources of one host: its helper, the uploads, and one command per manifest. */
export class Server extends pulumi.ComponentResource {
  readonly commands = new Map<string, remote.Command>();
  /** What each command is given as the reason why it runs. */
  readonly headers: Record<string, Header> = {};
  private readonly apps = new Map<string, pulumi.ComponentResource>();
  private readonly plan: Plan;
  private readonly connection: pulumi.Input<Record<string, string | number>>;

  constructor(plan: Plan, options?: pulumi.ComponentResourceOptions) {
    super('keelson:host:Server', plan.target.name, {}, options);
    this.plan = plan;
    this.connection = commandConnection(plan.target);
    this.installHelper();
    for (const { manifest, verdict } of inOrder(plan.judged)) this.apply(manifest, verdict);
    this.registerOutputs({ memory: plan.remembered });
  }

  private installHelper(): void {
    const verdict = judgeHelper(this.plan);
    const command = this.command('helper', this, {
      create: `sh -c '${install}' keelson`,
      stdin: `run ${verdict.header.run}\n${helper()}`,
      delete: `${helperPath} uninstall`,
    });
    this.tell('helper', verdict, command);
  }

  private apply(manifest: Manifest, verdict: Verdict): void {
    const parent = manifest.app ? this.app(manifest.app) : this;
    const uploads = (manifest.uploads ?? []).map((upload) => this.upload(upload, manifest, parent));
    const stdin = text(manifest, verdict.header);
    const command = this.command(
      manifest.name,
      parent,
      {
        create: `${helperPath} apply`,
        stdin: manifest.secret ? pulumi.secret(stdin) : stdin,
        delete: `${helperPath} remove ${manifest.name}`,
      },
      [
        ...uploads,
        ...manifest.after.map((name) => this.commands.get(name)),
        ...this.turn(manifest, verdict),
      ],
    );
    this.tell(manifest.name, verdict, command);
  }

  /** Says in words what was found, beside the resource that deals with it. */
  private tell(name: string, { header, findings }: Verdict, resource: pulumi.Resource): void {
    this.headers[name] = header;
    if (findings.length === 0) return;
    const lines = findings.flatMap(({ text, lines = [] }) => [
      text,
      ...lines.map((line) => `    ${line}`),
    ]);
    pulumi.log.info(lines.join('\n'), resource);
  }

  /** Servers take turns only where instances move. */
  private turn(manifest: Manifest, verdict: Verdict): readonly pulumi.Resource[] {
    return manifest.app && verdict.due ? this.plan.after : [];
  }

  private app(name: string): pulumi.ComponentResource {
    const known = this.apps.get(name);
    if (known) return known;
    const type = 'keelson:app:App';
    const app = new pulumi.ComponentResource(
      type,
      `${this.plan.target.name}-${name}`,
      {},
      { parent: this },
    );
    this.apps.set(name, app);
    return app;
  }

  private upload(
    { name, hash, archive }: Upload,
    manifest: Manifest,
    parent: pulumi.Resource,
  ): pulumi.Resource {
    return new remote.CopyToRemote(
      `${this.plan.target.name}-${manifest.app ?? manifest.name}-${name}`,
      {
        connection: this.connection as unknown as remote.CopyToRemoteArgs['connection'],
        source: new pulumi.asset.FileAsset(archive),
        remotePath: `/var/lib/keelson/incoming/${hash}`,
        // Safe here alone: a copy has nothing that its replacement could take away.
        triggers: [this.plan.memory.blobs.get(hash) ?? this.plan.run],
      },
      { parent, dependsOn: this.commands.get('helper') ?? [] },
    );
  }

  private command(
    name: string,
    parent: pulumi.Resource,
    args: { create: string; stdin: pulumi.Input<string>; delete: string },
    dependsOn: ReadonlyArray<pulumi.Resource | undefined> = [],
  ): remote.Command {
    const sudo = this.plan.target.user === 'root' ? '' : 'sudo -n ';
    const command = new remote.Command(
      `${this.plan.target.name}-${name}`,
      {
        connection: this.connection as unknown as remote.CommandArgs['connection'],
        // Both end in the server's name: what it owns on the host, another server of the stack leaves.
        create: `${sudo}${args.create} ${this.plan.target.name}`,
        delete: `${sudo}${args.delete} ${this.plan.target.name}`,
        stdin: args.stdin,
        addPreviousOutputInEnv: false,
      },
      {
        parent,
        dependsOn: [this.commands.get('helper'), ...dependsOn].filter((it) => it !== undefined),
      },
    );
    this.commands.set(name, command);
    return command;
  }
}

/** Manifests after those that they come after. */
export function inOrder(judged: readonly Judged[]): Judged[] {
  const byName = new Map(judged.map((it) => [it.manifest.name, it]));
  const sorted = new Set<Judged>();
  const visit = (it: Judged, path: readonly string[]): void => {
    const { name, after } = it.manifest;
    if (path.includes(name))
      throw new Error(`manifests wait for each other: ${[...path, name].join(' → ')}`);
    for (const before of after) {
      const other = byName.get(before);
      if (other) visit(other, [...path, name]);
    }
    sorted.add(it);
  };
  for (const it of judged) visit(it, []);
  return [...sorted];
}
