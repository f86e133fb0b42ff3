/** What a host's arguments hold: plain values, outputs of other resources, secrets. */
import * as pulumi from '@pulumi/pulumi';

/** A value in which each part may be an input of its own. */
export type Inputs<T> = T extends string | number | boolean | null | undefined
  ? pulumi.Input<T>
  : pulumi.Input<{ [Key in keyof T]: Inputs<T[Key]> }>;

/** What is internal in the SDK's types, and the only way to wait for a value. */
export type Output<T> = pulumi.Output<T> & {
  isKnown: Promise<boolean>;
  promise(withUnknowns?: boolean): Promise<T>;
};

export type Settings = Record<string, unknown>;

/** Arguments as they are by now. */
export type Given = {
  /** All of them; in a preview those that are not known yet are left out. */
  readonly values: Settings;
  readonly known: boolean;
  /** Names of those that are, or hold, a secret. */
  readonly encrypted: ReadonlySet<string>;
  /** What only follows from these values, for a resource that is to depend on what they came from. */
  after<T>(value: T): pulumi.Output<T>;
};

/** Waits for arguments that other resources give. */
export async function given(settings: Settings): Promise<Given> {
  const all = pulumi.output(settings) as unknown as Output<Settings>;
  const [known, values] = await Promise.all([all.isKnown, all.promise(true)]);
  const secret = await Promise.all(
    Object.entries(settings).map(async ([name, value]) =>
      (await pulumi.isSecret(pulumi.output(value))) ? [name] : [],
    ),
  );
  return {
    values: known ? values : (withoutUnknowns(values) as Settings),
    known,
    encrypted: new Set(secret.flat()),
    // What is to stay secret is marked by whoever knows in which text it is.
    after: (value) => pulumi.unsecret(all.apply(() => value)) as pulumi.Output<typeof value>,
  };
}

function withoutUnknowns(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isPlain).map(withoutUnknowns);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, part]) => isPlain(part));
  return Object.fromEntries(entries.map(([name, part]) => [name, withoutUnknowns(part)]));
}

const isPlain = (value: unknown): boolean => !pulumi.isUnknown(value);
