/** Health: the ways in which an instance shows that it works, as a rollout and Monit ask for it. */

/** How an instance shows that it is healthy, within the time that it has to start. */
export type Health =
  /** So many good answers in a row, asked under the name `host`. */
  | {
      by: 'http';
      host: string;
      path: string;
      status: number;
      text?: string | undefined;
      answers: number;
      /** For one answer; default: 5. */
      timeout?: number | undefined;
    }
  /**
   * A conversation over TCP, so many times well in a row: `send` is sent, and `expect` is in what comes; without both it
   * is enough that somebody listens. In `send`, `\r`, `\n`, `\t`, `\\` and `\xHH` stand for those bytes.
   */
  | {
      by: 'tcp';
      /** Of instance 1, where instances are numbered; the others follow. Else each is named by its port. */
      port?: number | undefined;
      send?: string | undefined;
      expect?: string | undefined;
      answers: number;
      timeout?: number | undefined;
    }
  /** It touches a file, at least every `age` seconds; the path is as the instance sees it. */
  | { by: 'file'; path: string; age: number }
  /** It stays up for this time without being started again. */
  | { by: 'stay'; seconds: number }
  /** A command ends well that runs as the app, in its release; it finds the instance's number as KEELSON_INSTANCE. */
  | { by: 'command'; command: readonly string[] };

/** In the words of an item, which the host reads. */
export function healthInstructions(health: Health): Record<string, string> {
  const by = { '@health': health.by };
  switch (health.by) {
    case 'http':
      return {
        ...by,
        '@host': health.host,
        '@path': health.path,
        '@status': String(health.status),
        '@text': health.text ?? '',
        '@answers': String(health.answers),
        ...patience(health.timeout),
      };
    case 'tcp':
      return {
        ...by,
        ...(health.port !== undefined && { '@port': String(health.port) }),
        '@send': health.send ?? '',
        '@expect': health.expect ?? '',
        '@answers': String(health.answers),
        ...patience(health.timeout),
      };
    case 'file':
      return { ...by, '@path': health.path, '@age': String(health.age) };
    case 'stay':
      return { ...by, '@stay': String(health.seconds) };
    case 'command':
      return { ...by, '@command': health.command.join(' ') };
  }
}

/** What a host does anyway is not told: earlier versions said nothing of it. */
const patience = (seconds = 5): Record<string, string> =>
  seconds === 5 ? {} : { '@patience': String(seconds) };
