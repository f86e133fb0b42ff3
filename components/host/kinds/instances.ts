import type { Item } from '../item.ts';

type Ending = {
  type: 'web' | 'tcp' | 'worker';
  drain?: number;
  stop: number;
  /** The network may ask there. */
  open?: boolean;
};

/**
 * The only instances of an app that may run, by their ports or numbers: any other is stopped. Those that listen
 * get no new connections first, and `drain` seconds for the open ones; `stop` is what systemd gives them to end.
 */
export const instances = (
  app: string,
  keys: readonly number[],
  { type, drain = 0, stop, open }: Ending,
): Item => ({
  kind: 'instances',
  name: app,
  state: { running: keys.join(',') },
  instructions: {
    '@type': type,
    ...(open && { '@listen': 'public' }),
    ...(type !== 'worker' && { '@drain': String(drain) }),
    '@stop': String(stop),
  },
});
