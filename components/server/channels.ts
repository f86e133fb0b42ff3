/** Channels: the file of each way by which alerts go, as `files/host/alerts/` reads it. */
import type { Secrets } from '../fields/secrets.ts';

/** Its settings, and the events that it is told of. */
type Settings = Readonly<Record<string, unknown>> & { readonly events?: readonly string[] };

/** Secrets that each channel needs, or may have. */
const ownOf = {
  slack: ['slack'],
  telegram: ['telegram'],
  webhook: ['webhook', 'webhookToken'],
  mail: ['mail'],
} as const;

export type Channel = keyof typeof ownOf;

/** Lines `KEY=VALUE` without quotes; those that begin with `secret.` are cut out of all that is told. */
export function channelFile(
  channel: Channel,
  { events = [], ...settings }: Settings,
  all: Secrets,
): string {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const secrets = ownOf[channel].flatMap((name) => (all[name] ? [[name, all[name]]] : []));
  return [
    `# Where alerts go: ${channel}. Managed by Keelson.`,
    `events=${events.join(' ')}`,
    ...given.map(([name, value]) => `${name}=${value}`),
    ...secrets.map(([name, value]) => `secret.${name}=${value}`),
    '',
  ].join('\n');
}
