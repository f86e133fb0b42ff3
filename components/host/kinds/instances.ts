import type { Item } from '../item.ts';

type Ending = {
  type: 'web' | 'tcp' | 'worker';
  drain?: number;
  stop: number;
  /** The network may ask there. */
  open?: boolean;
  /** The app whose member it is; they end when it is taken out, and not only with the app. */
  of?: string;
};

/**
 * The only instances of an app that may run, by their ports or numbers: any other is stopped. Those that listen
 * get no new connections first, and `drain` seconds for the open ones; `stop` is what systemd gives them to end.
 */
export const instances = (
  app: string,
  keys: readonly number[],
  { type, drain = 0, stop, open, of }: Ending,
): Item => ({
  kind: 'instances',
  name: app,
  state: { running: keys.join(',') },
  instructions: {
    '@type': type,
    ...(open && { '@listen': 'public' }),
    ...(type !== 'worker' && { '@drain': String(drain) }),
    '@stop': String(stop),
    ...(of !== undefined && { '@of': of }),
  },
});
