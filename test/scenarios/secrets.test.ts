/** Secrets: planted words are looked for in all that a run leaves, says and starts, on the host and on this machine. */
import assert from 'node:assert/strict';
import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { lines } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { onHost, onThisMachine, type Sampler } from '../harness/sampler.ts';
import { codeOf, config, writeCode } from '../harness/small-app.ts';
import { assertNothingToDo, changed, type Stack } from '../harness/stack.ts';

/** Each is found by what all of them begin with, and told by what follows. */
const planted = {
  TOKEN: 'pLaNtEd-token',
  KEY: 'pLaNtEd-first-line\npLaNtEd-second-line',
  slack: 'https://127.0.0.1:9/pLaNtEd-slack',
  statusPassword: 'pLaNtEd-password',
} as const;

/** As it is, and as it stands in an encoding of what it is a part of. */
const traces = (word: string): string[] => [
  word,
  ...[0, 1, 2].map((shift) =>
    Buffer.from(`${' '.repeat(shift)}${word}`)
      .toString('base64')
      .slice(4, -4),
  ),
];

class Trial {
  readonly t: TestContext;
  readonly host: DebianHost;
  readonly stack: Stack;
  /** Of the private key that logs in the part that tells it. */
  readonly key: string;
  readonly words: readonly string[];
  /** What was said on this machine, by what said it. */
  readonly heard: [by: string, text: string][] = [];
  samplers: Record<'host' | 'machine', Sampler> | undefined;

  constructor(t: TestContext, host: DebianHost, stack: Stack) {
    Object.assign(this, { t, host, stack });
    this.t = t;
    this.host = host;
    this.stack = stack;
    this.key = readFileSync(host.identity, 'utf8').split('\n')[3] ?? '';
    this.words = [...traces('pLaNtEd-'), this.key.slice(0, 40)];
  }

  configure(more: object = {}): void {
    const { server, apps } = config(codeOf(this.stack)) as {
      server: object;
      apps: { shop: object };
    };
    this.stack.configure({
      server: {
        ...server,
        ...{
          privateKey: this.host.identity,
          alerts: { slack: {} },
          status: { domain: 'st.example' },
        },
      },
      apps: { shop: { ...apps.shop, ...more } },
    });
  }

  /** Any command of Pulumi's on the stack; what it says is kept. */
  async pulumi(...args: string[]): Promise<string> {
    const { stdout, stderr } = await this.stack.tryPulumi([...args, '--stack', this.stack.name]);
    this.heard.push([args.join(' '), stdout + stderr]);
    return stdout + stderr;
  }

  /** What holds one of the words. */
  tells(text: string): string[] {
    return this.words.filter((word) => text.includes(word));
  }
}

for (const release of triedOn('trixie'))
  test(`secrets on ${release}`, { timeout: 600_000 }, async (t) => {
    const { host, stack } = await provisionedHost(t, { release, user: 'admin' });
    const trial = new Trial(t, host, stack);
    trial.configure();
    for (const [name, word] of Object.entries(planted))
      if (/^[A-Z]/.test(name)) await stack.setSecret(`shop.${name}`, word);
      else await stack.setSecret(name, word, 'serverSecrets');
    const host1 = await onHost(host, trial.words);
    const machine1 = await onThisMachine(trial.words);
    const time = (what: string) => console.error(new Date().toISOString(), what);
    time('start');
    for (const args of [
      ['preview'],
      ['preview', '--diff'],
      ['preview', '--json'],
      ['preview', '-v=9', '--logtostderr'],
      ['up', '--yes', '--diff'],
      ['up', '--yes', '--skip-preview', '--json'],
      ['up', '--yes', '--skip-preview', '-v=9', '--logtostderr'],
      ['refresh', '--yes'],
      ['stack', 'export'],
    ]) {
      await trial.pulumi(...args);
      time(args.join(' '));
    }
    for (const [by, text] of trial.heard) {
      writeFileSync(`/tmp/w-secrets-${by.replaceAll(/[^a-z0-9]+/g, '-')}`, text);
      console.error(by, text.length, trial.tells(text));
    }
    console.error('host', await host1.stop());
    console.error('machine', await machine1.stop());
    await host.exec('mkdir -m 700 /mnt/w; cat >/mnt/w/words', {
      input: `${trial.words.join('\n')}\n`,
    });
    console.error(
      await host
        .exec(
          "for f in $(grep -rlsaF -f /mnt/w/words /etc /var /srv /root /home /run /tmp /opt /usr/local); do stat -c '%a %U %G %n' $f; done; journalctl -o export | grep -acF -f /mnt/w/words",
        )
        .catch((e) => e.message),
    );
    console.error(globSync('**', { cwd: stack.directory }).length);
  });
