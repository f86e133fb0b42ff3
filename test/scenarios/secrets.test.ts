/** Secrets: planted words are looked for in all that a run says, starts and leaves, on the host and on this machine. */
import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { lines } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { onHost, onThisMachine } from '../harness/sampler.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, type Stack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

/** Of the app, and of the server. */
const ofShop = { TOKEN: 'pLaNtEd-token', KEY: 'pLaNtEd-line\n\tpLaNtEd-other line "$x\\' };
const ofServer = { slack: 'https://127.0.0.1:9/pLaNtEd-slack', statusPassword: 'pLaNtEd-password' };

/** As it is, and as it stands in the base64 of what it is a part of: whole, since ciphertexts have all short pieces. */
const traces = (word: string): string[] => [
  word,
  ...[0, 1, 2]
    .map((shift) =>
      Buffer.from(`${' '.repeat(shift)}${word}`)
        .toString('base64')
        .slice(4, -4),
    )
    .filter((piece) => piece.length >= 8),
];

const code = `import { createServer } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
const files = () => readdirSync(process.env.CREDENTIALS_DIRECTORY).map((name) => [name, readFileSync(process.env[name + '_FILE'], 'utf8')]);
const found = () => JSON.stringify(process.env.CREDENTIALS_DIRECTORY ? Object.fromEntries(files()) : { KEY: process.env.KEY, TOKEN: process.env.TOKEN });
const server = createServer(({ url }, response) => response.end(url === '/found' ? found() : 'ok'));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;
const dying = `import { readFileSync } from 'node:fs';
console.log('this is the key: ' + readFileSync(process.env.KEY_FILE, 'utf8'));
process.exit(1);
`;

class Trial {
  readonly host: DebianHost;
  readonly stack: Stack;
  readonly words: readonly string[];
  /** What was said on this machine. */
  readonly #heard: string[] = [];

  constructor(host: DebianHost, stack: Stack) {
    this.host = host;
    this.stack = stack;
    // Of the private key a line that tells no more than itself.
    const key = readFileSync(host.identity, 'utf8').split('\n')[3] ?? '';
    this.words = [...traces('pLaNtEd-'), key.slice(0, 40)];
  }

  configure(more: object, source = code): void {
    const given = config(codeOf(this.stack)) as { server: object; apps: { shop: object } };
    writeFileSync(join(codeOf(this.stack), 'server.js'), source);
    const privateKey = this.host.identity;
    const status = { domain: 'status.example' };
    this.stack.configure({
      server: { ...given.server, privateKey, alerts: { slack: {} }, status },
      apps: { shop: { ...given.apps.shop, ...more } },
    });
  }

  async plant(): Promise<void> {
    for (const [name, word] of Object.entries(ofShop))
      await this.stack.setSecret(`shop.${name}`, word);
    for (const [name, word] of Object.entries(ofServer))
      await this.stack.setSecret(name, word, 'serverSecrets');
  }

  /** Any command of Pulumi's on the stack. */
  async pulumi(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.stack.tryPulumi([
      ...args,
      '--stack',
      this.stack.name,
    ]);
    assert.equal(code, 0, stdout + stderr);
    this.#heard.push(`${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  }

  /** What of it holds one of the words. */
  told = (texts: readonly string[] = this.#heard): string[] =>
    texts
      .filter((text) => this.words.some((word) => text.includes(word)))
      .map((text) => text.slice(0, 80));

  /** What each instance finds. */
  async found(): Promise<unknown> {
    return JSON.parse((await ask(this.host, '/found', { domain: 'shop.example.com' })).body);
  }

  /** Files of the host in which one of the words stands: mode, owner and group, path. */
  async files(): Promise<string[]> {
    const folder = '/mnt/words';
    await this.host.exec(`mkdir -m 0700 ${folder} && cat >${folder}/words`, {
      input: this.words.join('\n'),
    });
    const found = await lines(
      this.host,
      `grep -rlsaF -f ${folder}/words /etc /var /srv /root /home /run /tmp /opt /usr/local /dev/shm |
        grep -v '^/var/log/journal/\\|^/run/log/journal/' | xargs -r stat -c '%a %U:%G %n' | sort -k 3`,
    );
    await this.host.exec(`rm -r ${folder}`);
    return found;
  }
}

/** Asks until an action is over; every request must be answered. */
async function whileAsked(trial: Trial, action: () => Promise<unknown>): Promise<void> {
  let goes = true;
  let count = 0;
  const bad: unknown[] = [];
  const asking = (async () => {
    while (goes) {
      count += 1;
      const answer = await ask(trial.host, '/', { domain: 'shop.example.com' }).catch(String);
      if (typeof answer === 'string' || answer.status !== 200) bad.push(answer);
    }
  })();
  await action();
  goes = false;
  await asking;
  assert.deepEqual([bad, count > 20], [[], true]);
}

const held = [
  '600 root:root /etc/keelson/alerts/slack',
  '600 root:root /var/lib/keelson/manifests/private',
];

async function asVariables(trial: Trial): Promise<void> {
  const [host, machine] = await Promise.all([
    onHost(trial.host, trial.words),
    onThisMachine(trial.words),
  ]);
  trial.configure({});
  await trial.plant();
  await trial.pulumi('preview', '--diff');
  await trial.pulumi('up', '--yes', '--skip-preview', '--json');
  assert.deepEqual(await trial.found(), ofShop);
  const [onIt, here] = await Promise.all([host.stop(), machine.stop()]);
  // The app's own, and what its unit runs before it as root.
  assert.deepEqual(
    onIt.filter((line) => !/^environ (\d+ node|0 \S+) /.test(line)),
    [],
  );
  // Pulumi gives its program the settings so.
  assert.deepEqual(
    here.filter((line) => !/^environ \d+ (node|MainThread) /.test(line)),
    [],
  );
  assert.deepEqual(await trial.files(), [
    held[0],
    '640 root:shop /etc/keelson/shop/environment',
    held[1],
    '600 root:root /var/lib/keelson/manifests/rollout-shop',
    '640 root:shop /var/lib/keelson/rollouts/shop/good/environment',
  ]);
}

const credentials = '/etc/keelson/credentials.d/shop';
const good = '/var/lib/keelson/rollouts/shop/good';

async function asFiles(trial: Trial): Promise<void> {
  const host = await onHost(trial.host, trial.words);
  trial.configure({ credentials: true });
  await whileAsked(trial, () => trial.pulumi('up', '--yes', '--diff'));
  assert.deepEqual(await trial.found(), ofShop);
  const onIt = await host.stop();
  // Before it moves an instance has its variables still.
  assert.deepEqual(
    onIt.filter((line) => !/^environ (\d+ node|0 \S+) /.test(line)),
    [],
  );
  const after = await onHost(trial.host, trial.words);
  const run =
    'cat $CREDENTIALS_DIRECTORY/KEY; stat -c %a $KEY_FILE | tr 4 0; env | grep -c pLaNtEd';
  assert.equal(
    await trial.host.exec(`keelson run shop pipe sh -c '${run}' || :`),
    // Of the app's group as well where systemd names the app in an ACL; nobody else's.
    `${ofShop.KEY}000\n0\n`,
  );
  await trial.host.exec('systemctl restart shop@3700.service');
  await assertNothingToDo(trial.stack);
  assert.deepEqual(await after.stop(), []);
  const loaded = (await trial.files()).filter((line) => !line.includes(' /run/'));
  assert.deepEqual(loaded, [
    held[0],
    `600 root:root ${credentials}/KEY`,
    `600 root:root ${credentials}/TOKEN`,
    '600 root:root /var/lib/keelson/manifests/credentials-shop',
    held[1],
    '600 root:root /var/lib/keelson/manifests/rollout-shop',
    `600 root:root ${good}/credential.KEY`,
    `600 root:root ${good}/credential.TOKEN`,
  ]);
}

async function drifted(trial: Trial): Promise<void> {
  await trial.host.exec(
    `printf pLaNtEd-elsewhere >${credentials}/KEY; chmod 0644 ${credentials}/TOKEN`,
  );
  const said = await trial.pulumi('preview');
  assert.match(said, new RegExp(`! file ${credentials}/KEY content \\(drift\\)`));
  assert.match(said, new RegExp(`! file ${credentials}/TOKEN mode 0644 → 0600 \\(drift\\)`));
  await trial.pulumi('up', '--yes', '--skip-preview');
  await assertNothingToDo(trial.stack);
}

/** Neither what was said, nor what stays of it anywhere. */
async function nowhere(trial: Trial): Promise<void> {
  await trial.pulumi('refresh', '--yes');
  await trial.pulumi('stack', 'export');
  assert.deepEqual(trial.told(), []);
  const { host, stack } = trial;
  const own = globSync(`${stack.directory}/**`, { exclude: ['**/node_modules'] });
  const histories = globSync(join(homedir(), '.*history'));
  const here = [...own, ...histories].filter((path) => statSync(path).isFile());
  assert.deepEqual(
    here.filter((path) => trial.told([readFileSync(path, 'latin1')]).length > 0),
    [],
  );
  const journal = await host.exec('journalctl --no-pager -o export; cat /var/log/keelson.log');
  assert.deepEqual(trial.told(journal.split('\n')), []);
}

async function failing(trial: Trial): Promise<void> {
  trial.configure({ credentials: true }, dying);
  const run = await trial.stack.try('up');
  assert.notEqual(run.code, 0);
  const words = JSON.stringify(run) + said(run);
  assert.match(words, /this is the key: \[secret KEY\]/);
  assert.deepEqual(trial.told([words, await trial.host.exec('cat /var/log/keelson.log')]), []);
  assert.deepEqual(await trial.found(), ofShop);
}

async function away(trial: Trial): Promise<void> {
  // Back to variables: nothing of the files stays.
  trial.configure({});
  await whileAsked(trial, () => trial.stack.up());
  assert.deepEqual(await trial.found(), ofShop);
  assert.deepEqual(
    (await trial.files()).filter((line) => /credential/.test(line)),
    [],
  );
  assert.equal(
    await trial.host.exec(
      'ls -d /etc/keelson/credentials.d 2>&1 || :; ls /run/credentials | grep -c shop || :',
    ),
    "ls: cannot access '/etc/keelson/credentials.d': No such file or directory\n0\n",
  );
  await trial.pulumi('destroy', '--yes', '--skip-preview');
  assert.deepEqual([await trial.files(), trial.told()], [[], []]);
}

for (const release of triedOn('trixie'))
  test(`secrets on ${release}`, { timeout: 900_000 }, async (t) => {
    const { host, stack } = await provisionedHost(t, { release, user: 'admin' });
    const trial = new Trial(host, stack);
    const step = (title: string, action: (trial: Trial) => Promise<void>) =>
      [title, () => action(trial)] as const;
    await inOrder(t, [
      step(
        'as variables they are in the environment of the app, and in files of root and the app',
        asVariables,
      ),
      step('as files they are in no environment, and no request is lost on the way', asFiles),
      step('drift of one is told without what it holds', drifted),
      step('nothing else that was said or is kept holds one', nowhere),
      step('a release that says its own as it dies', failing),
      step('nothing of either form stays', away),
    ]);
  });
