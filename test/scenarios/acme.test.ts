/** Certificates by ACME on a real host, from pebble, which rejects nonces at random and checks all that it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { said } from '../../tools/lib/pulumi-run.ts';
import type { DebianHost } from '../harness/host.ts';
import { ask } from '../harness/http.ts';
import { does, hostLog, lines, write } from '../harness/on-host.ts';
import { directory, installPebble, startPebble, stopPebble, tellNames } from '../harness/pebble.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { triedOn } from '../harness/releases.ts';
import { codeOf, config } from '../harness/small-app.ts';
import { assertNothingToDo, type Stack } from '../harness/stack.ts';
import { inOrder } from '../harness/steps.ts';

const live = '/var/lib/keelson-acme/live/shop';
const shop = 'shop.example.com';
const page = 'status.example.com';

type Trial = { host: DebianHost; stack: Stack; ca: string };

/** The small app under these names, on a server with these settings of ACME, and others. */
function configure({ stack, ca }: Trial, domains: string[], acme: object = {}, more = {}): void {
  const { server, apps } = config(codeOf(stack)) as { server: object; apps: { shop: object } };
  const settings = { contact: 'ops@example.com', terms: true, directory, ca, ...acme };
  stack.configure({
    server: { ...server, acme: settings, ...more },
    apps: { shop: { ...apps.shop, domains, tls: 'acme' } },
  });
}

/**
 * Whoever asks for the name by https is shown a certificate for it, of the root that pebble has at the moment:
 * soon, since nginx's new workers begin a moment after it was told.
 */
const served = (host: DebianHost, name: string): Promise<boolean> =>
  does(
    host,
    `curl -fs --cacert /etc/pebble/ca.pem https://localhost:15000/roots/0 >/run/root.pem &&
     for try in $(seq 50); do
       curl -s --cacert /run/root.pem --connect-to ::127.0.0.1:443 https://${name}/ | grep -qx ok && exit
       sleep 0.1
     done; exit 1`,
  );

const serial = (host: DebianHost): Promise<string> =>
  host.exec(`openssl x509 -in ${live}/fullchain.pem -noout -serial`);

/** A certificate of the same key that ends at once. */
const letEnd = (host: DebianHost): Promise<string> =>
  host.exec(`cd ${live} && openssl x509 -in fullchain.pem -x509toreq -signkey privkey.pem -copy_extensions copy -out /run/csr &&
    openssl x509 -req -in /run/csr -signkey privkey.pem -copy_extensions copy -days 0 -out fullchain.pem && rm /run/csr`);

for (const release of triedOn('trixie'))
  test(`acme (${release})`, async (t) => {
    const { host, stack } = await provisionedHost(t, { release });
    const trial = { host, stack, ca: await installPebble(host) };
    await startPebble(host);
    await inOrder(t, [
      ['where the CA says no, the site goes on, and its words are told', () => refused(trial)],
      ['one up goes on to https; another has nothing to do', () => first(trial)],
      ['what is there belongs to whom it should', () => owned(host)],
      ['a name more: a new certificate, without a gap', () => added(trial)],
      ['renewal in its time, and nginx serves the new one', () => renewed(host)],
      ['without the CA the old one stays, and somebody is told', () => down(host)],
      ['one that has ended is drift, and up repairs it', () => ended(trial)],
      ['a wildcard is proved by DNS', () => wildcard(trial)],
      [
        'a status page goes on to https once the CA has said yes, and no app waits for it',
        () => paged(trial),
      ],
      ['with its key the account is the same after all is lost', () => kept(trial)],
    ]);
  });

async function refused(trial: Trial): Promise<void> {
  const { host, stack } = trial;
  await tellNames(host, 'set-servfail', { host: shop });
  configure(trial, [shop]);
  const run = await stack.try('up');
  assert.notEqual(run.code, 0);
  assert.match(said(run), /certificate shop: the CA at https:\/\/localhost:14000\/dir says/);
  assert.match(said(run), /could not resolve URL "http:\/\/shop\.example\.com:80/);
  assert.match(
    said(run),
    /warn {3}certificate shop: http:\/\/shop\.example\.com does not lead to this/,
  );
  assert.equal((await ask(host, '/', { domain: shop })).body, 'ok\n');
  await tellNames(host, 'clear-servfail', { host: shop });
  await host.exec(`echo 127.0.0.1 ${shop} more.example.com >>/etc/hosts`);
}

async function first({ host, stack }: Trial): Promise<void> {
  await stack.up();
  assert.ok(await served(host, shop));
  await assertNothingToDo(stack);
}

async function owned(host: DebianHost): Promise<void> {
  assert.deepEqual(await lines(host, `stat -Lc '%U %a' ${live} ${live}/* ${live}/..`), [
    'root 700',
    'root 600',
    'root 600',
    'root 600',
    'root 700',
  ]);
  assert.deepEqual(
    await lines(host, 'ls /var/lib/keelson-acme/requests /var/lib/keelson-acme/challenges'),
    ['/var/lib/keelson-acme/challenges:', '/var/lib/keelson-acme/requests:'],
  );
}

async function added(trial: Trial): Promise<void> {
  const { host, stack } = trial;
  configure(trial, [shop, 'more.example.com']);
  await stack.up();
  for (const name of [shop, 'more.example.com']) assert.ok(await served(host, name), name);
}

async function renewed(host: DebianHost): Promise<void> {
  const before = await serial(host);
  await host.exec('keelson renew');
  assert.equal(await serial(host), before, 'one that is new is left alone');
  await letEnd(host);
  const ended = await serial(host);
  await host.exec('systemctl start keelson-acme.service');
  assert.notEqual(await serial(host), ended);
  assert.notEqual(await serial(host), before);
  assert.ok(await served(host, shop));
  assert.match((await hostLog(host)).at(-2) ?? '', /certificate shop: renewed, it ends /);
}

async function down(host: DebianHost): Promise<void> {
  await stopPebble(host);
  const before = await serial(host);
  const { code, stderr } = await host.tryExec('keelson renew shop');
  assert.equal(code, 1);
  assert.match(
    stderr,
    /the CA at https:\/\/localhost:14000\/dir cannot be reached: nobody answers there:/,
  );
  assert.equal(await serial(host), before);
  const told = 'journalctl -t keelson-alert -o cat';
  assert.match(await host.exec(told), /^certificate shop: cannot be renewed: /m);
  await startPebble(host, 6 * 86400);
  await host.exec('keelson renew shop');
  assert.match(await host.exec(told), /^recovered shop: has a new certificate/m);
  assert.ok(await served(host, shop));
}

async function ended({ host, stack }: Trial): Promise<void> {
  await letEnd(host);
  const preview = await stack.preview();
  assert.match(said(preview), /! certificate shop valid ended \d{4}-\d\d-\d\d → yes \(drift\)/);
  await stack.up();
  assert.ok(await served(host, shop));
}

const zone = `#!/bin/sh
read -r token && [ "$token" = planted-token ] || exit 1
[ "$1" = clear ] && body="{\\"host\\":\\"$2.\\"}" || body="{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}"
printf %s "$body" | curl -fs -d @- "http://127.0.0.1:8055/$([ "$1" = set ] && echo set-txt || echo clear-txt)"
`;

async function wildcard(trial: Trial): Promise<void> {
  const { host, stack } = trial;
  await write(host, '/usr/local/bin/zone', zone);
  await host.exec('chmod 0755 /usr/local/bin/zone');
  configure(trial, [shop, '*.example.com'], { dns: { command: '/usr/local/bin/zone' } });
  await stack.setSecret('acmeDns', 'planted-token', 'serverSecrets');
  await stack.up();
  assert.ok(await served(host, 'any.example.com'));
  assert.equal(
    (await host.tryExec('journalctl -o cat | grep -c planted-token')).stdout.trim(),
    '0',
  );
}

/** What the status page answers to whoever asks by this scheme: its status, and where it leads. */
const pageBy = (host: DebianHost, scheme: 'http' | 'https'): Promise<string> =>
  host.exec(
    `curl -fs --cacert /etc/pebble/ca.pem https://localhost:15000/roots/0 >/run/root.pem
     curl -s --cacert /run/root.pem -o /dev/null -w '%{http_code} %{redirect_url}' -u status:${password} \
       --connect-to ::127.0.0.1: ${scheme}://${page}/`,
  );

const password = 'twelve-characters';

async function paged(trial: Trial): Promise<void> {
  const { host, stack } = trial;
  const status = { domain: page };
  await stack.setSecret('statusPassword', password, 'serverSecrets');
  configure(trial, [shop], {}, { status: { ...status, tls: 'off' } });
  await stack.up();
  assert.equal((await pageBy(host, 'http')).trim(), '200');
  await tellNames(host, 'set-servfail', { host: page });
  configure(trial, [shop, 'more.example.com'], {}, { status });
  const run = await stack.try('up');
  assert.notEqual(run.code, 0);
  assert.match(said(run), /certificate 0-status: the CA at https:\/\/localhost:14000\/dir says/);
  assert.equal((await pageBy(host, 'http')).trim(), '200', 'served as before');
  assert.ok(await served(host, 'more.example.com'), 'the app has what it asked for');
  await tellNames(host, 'clear-servfail', { host: page });
  await host.exec(`echo 127.0.0.1 ${page} >>/etc/hosts`);
  await stack.up();
  assert.equal((await pageBy(host, 'https')).trim(), '200');
  assert.equal(await pageBy(host, 'http'), `301 https://${page}/`);
  await assertNothingToDo(stack);
  const before = await host.exec(
    'openssl x509 -in /var/lib/keelson-acme/live/0-status/fullchain.pem -noout -serial',
  );
  await host.exec('keelson renew 0-status');
  const after = await host.exec(
    'openssl x509 -in /var/lib/keelson-acme/live/0-status/fullchain.pem -noout -serial',
  );
  assert.notEqual(after, before);
  assert.match(await host.exec('keelson status'), /0-status\/fullchain\.pem/);
}

async function kept({ host, stack }: Trial): Promise<void> {
  const key = await host.exec('openssl genrsa 2048 2>/dev/null');
  await stack.setSecret('acmeAccount', key, 'serverSecrets');
  await stack.up();
  const account = 'journalctl -u pebble -o cat | grep -c "There are now .* accounts in memory"';
  await host.exec('keelson renew shop');
  const accounts = await host.exec(account);
  await host.exec('rm -rf /var/lib/keelson-acme/*');
  await stack.up();
  assert.ok(await served(host, shop));
  assert.equal(await host.exec(account), accounts);
}
