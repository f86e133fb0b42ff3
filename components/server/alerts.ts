/** Alerts: what is to reach a person, and by which ways. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import type { SecretNeed, Secrets } from '../fields/secrets.ts';
import type { Item } from '../host/item.ts';
import { directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { type Channel, channelFile } from './channels.ts';
import { serverComponent } from './component.ts';

/** What alerts tell of. */
const all = [
  'failed',
  'hung',
  'recovered',
  'resource',
  'need',
  'certificate',
  'unit',
  'job',
  'updates',
  'rollout-failed',
  'rollout',
] as const;

const events = z
  .array(z.enum(all))
  .min(1, 'is empty; name at least one event, or leave it out')
  .optional()
  .describe('Events that are told there; default: all but `rollout`, one that went well');

const usual = all.filter((event) => event !== 'rollout');

const alertsSchema = z
  .strictObject({
    slack: z
      .strictObject({ events })
      .optional()
      .describe('A channel of Slack, or of what takes its webhooks; its URL is a secret'),
    telegram: z
      .strictObject({
        chat: field
          .matching(
            /^(?:-?[0-9]{1,20}|@[A-Za-z0-9_]{4,32})$/,
            'is not a chat of Telegram; write its number in quotes, such as "-1001234567890", or its @name',
          )
          .describe('Number of the chat, or @name of a public channel'),
        server: field
          .matching(
            /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/,
            'is not the origin of a URL; write one such as https://telegram.example.com',
          )
          .optional()
          .describe('Bot API server of your own; default: that of Telegram'),
        events,
      })
      .optional()
      .describe('A chat of Telegram, written to by a bot whose token is a secret'),
    webhook: z
      .strictObject({ events })
      .optional()
      .describe('Whatever takes JSON by POST; its URL is a secret, and so is a token for it'),
    mail: z
      .strictObject({
        to: field.email.describe('Who gets the alerts'),
        server: field.address.describe('Mail server that takes them'),
        port: field.anyPort.prefault(465).describe('Port of the mail server'),
        tls: z
          .enum(['always', 'starttls'])
          .prefault('always')
          .describe('`starttls`: begins in plain text, as on port 587; nothing is sent before TLS'),
        user: z
          .union([field.email, field.loginName])
          .describe('User who logs in there; the password is a secret'),
        from: field.email.describe('Sender, which the mail server lets this user be'),
        events,
      })
      .optional()
      .describe('Mail over TLS, with a login'),
  })
  .describe('Who is told what goes wrong on the server, and how; several ways at once are fine');

export type Alerts = z.output<typeof alertsSchema>;

const secretWord = field.matching(
  /^[!-~]{1,500}$/,
  'is not a token; give printable ASCII without blanks, on one line',
);

const fields = { alerts: alertsSchema.optional() };
type Given = z.output<z.ZodObject<typeof fields>>;

const needs = {
  slack: { secret: 'slack', what: 'URL of an incoming webhook' },
  telegram: { secret: 'telegram', what: 'token of a bot' },
  webhook: { secret: 'webhook', what: 'URL' },
  mail: { secret: 'mail', what: 'password' },
} as const satisfies Record<Channel, object>;

const channels = Object.keys(needs) as readonly Channel[];

const needsOf = ({ alerts = {} }: Given): SecretNeed[] =>
  channels
    .filter((channel) => alerts[channel] !== undefined)
    .map((channel) => ({ at: `alerts.${channel}`, ...needs[channel] }));

const units = '/etc/systemd/system';

/** Where each channel has a file, which says what it is and holds its secrets. */
const folder = '/etc/keelson/alerts';

export const alerts = serverComponent({
  name: 'alerts',
  fields,
  secrets: {
    slack: field.secretUrl.describe('URL of an incoming webhook of Slack'),
    telegram: secretWord.describe('Token of a bot of Telegram, as @BotFather shows it'),
    webhook: field.secretUrl.describe('URL that alerts are posted to as JSON'),
    webhookToken: secretWord.describe('Sent to the webhook as `Authorization: Bearer …`'),
    mail: field
      .matching(/^[\x20-\x7e]{1,500}$/, 'is not a password in printable ASCII; choose another')
      .describe('Password of the user who logs in at the mail server'),
  },
  needs: needsOf,
  render: ({ alerts }: Given, { secrets = {} }) => ({
    base: [
      file(`${units}/keelson-failed@.service`, template('alerts/failed.service', {}), {
        check: 'systemd',
      }),
      ...(alerts ? senders() : []),
    ],
    private: alerts ? filesOf(alerts, secrets) : [],
  }),
});

/** What sends, when there is something to send; and every service that fails says so. */
function senders(): Item[] {
  const dropin = '50-keelson-failed.conf';
  // What alerts are made of fails without a word: it would tell of itself for ever.
  const silent = ['keelson-failed@', 'keelson-alert', 'keelson-heartbeat'].flatMap((name) => [
    directory(`${units}/${name}.service.d`),
    file(`${units}/${name}.service.d/${dropin}`, template('alerts/silent', {})),
  ]);
  return [
    directory(`${units}/service.d`),
    file(`${units}/service.d/${dropin}`, template('alerts/every', {})),
    ...silent,
    ...['alert.service', 'alert.path', 'certificates.service', 'certificates.timer'].map((name) =>
      file(`${units}/keelson-${name}`, template(`alerts/${name}`, {}), { check: 'systemd' }),
    ),
    unit('keelson-alert.service', { enabled: 'enabled' }),
    ...['alert.path', 'certificates.timer'].map((name) =>
      unit(`keelson-${name}`, { enabled: 'enabled', active: 'active', change: 'restart' }),
    ),
  ];
}

const filesOf = (alerts: Alerts, secrets: Secrets): Item[] => [
  directory(folder, { mode: '0700', whole: true }),
  ...channels.flatMap((channel) => {
    const settings = alerts[channel];
    if (!settings) return [];
    const text = channelFile(channel, { events: usual, ...settings }, secrets);
    return [file(`${folder}/${channel}`, text, { mode: '0600', secret: true })];
  }),
];
