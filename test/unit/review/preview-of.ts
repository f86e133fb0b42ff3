/** Previews for tests, in the form of `pulumi preview --json`. */
import type { Preview, Step } from '../../../tools/review/preview.ts';
import type { Engine } from '../engine.ts';

const host = 'urn:pulumi:p::keelson::keelson:index:Host';

/** A command of a server, and what the preview says beside it. */
export const commandUrn = (name: string): string => `${host}$command:remote:Command::${name}`;

export const command = (server: string, name: string, op = 'update'): Step => ({
  ...{ op, urn: commandUrn(`${server}-${name}`) },
  newState: {
    ...{ type: 'command:remote:Command', custom: true, parent: `${host}::${server}` },
    inputs: { create: `sudo -n /usr/local/sbin/keelson apply ${server}` },
  },
});

export const resource = (type: string, name: string, inputs: object = {}, op = 'create'): Step => ({
  ...{ op, urn: `urn:pulumi:p::keelson::${type}::${name}` },
  newState: { type, custom: true, inputs: { ...inputs } },
});

/** What a mocked engine was asked for, as steps of a preview. */
export const stepsOf = ({ registered }: Engine): Step[] =>
  registered.map(({ type, name, inputs }) => resource(type, name, inputs));

export const say = (message: string, urn?: string, severity = 'info') => ({
  ...{ message, severity },
  ...(urn !== undefined && { urn }),
});

export const previewOf = (more: Partial<Preview>): Preview => ({
  ...{ stack: 'production', hasPlan: true, config: {}, steps: [], diagnostics: [] },
  ...more,
});
