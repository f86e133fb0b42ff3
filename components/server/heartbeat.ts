/** Heartbeat: a request that goes out again and again, so that a server that is gone is noticed by whoever waits for it. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import { directory, file, unit } from '../host/kinds.ts';
import { template } from '../lib/template.ts';
import { serverComponent } from './component.ts';

const heartbeatSchema = z
  .strictObject({
    every: field
      .duration('1m', '1d')
      .prefault('5m')
      .describe('Time between two requests; the receiver waits a little longer'),
  })
  .optional()
  .describe(
    'A request that the server makes again and again, to what tells when it stays away; its URL is a secret',
  );

const fields = { heartbeat: heartbeatSchema };
type Given = z.output<z.ZodObject<typeof fields>> & { readonly name: string };

const units = '/etc/systemd/system';

/** Read by curl itself, so that the URL is in no process's arguments. */
const asked = '/etc/keelson/heartbeat';

const named = (url: string, server: string): string => url.replaceAll('{server}', server);

export const heartbeat = serverComponent({
  name: 'heartbeat',
  fields,
  secrets: {
    heartbeat: z
      .string()
      .superRefine((given, context) => {
        const url = field.secretUrl.safeParse(named(given, 'server'));
        for (const { message } of url.error?.issues ?? [])
          context.addIssue({ code: 'custom', message });
      })
      .describe('URL of the heartbeat; {server} in it stands for the name of the server'),
  },
  needs: ({ heartbeat }: Given) =>
    heartbeat ? [{ at: 'heartbeat', secret: 'heartbeat', what: 'URL' }] : [],
  render: ({ heartbeat, name }: Given, { secrets = {} }) => {
    if (!heartbeat) return {};
    const url = named(secrets.heartbeat ?? '', name);
    const text = template('alerts/heartbeat', { url });
    return {
      base: [
        ...['service', 'timer'].map((type) =>
          file(
            `${units}/keelson-heartbeat.${type}`,
            template(`alerts/heartbeat.${type}`, { ...heartbeat, asked }),
            { check: 'systemd' },
          ),
        ),
        unit('keelson-heartbeat.timer', {
          enabled: 'enabled',
          active: 'active',
          change: 'restart',
        }),
      ],
      private: [directory('/etc/keelson'), file(asked, text, { mode: '0600', secret: true })],
    };
  },
});
