import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../components/config/config.ts';
import { parseHost } from '../../../components/config/host.ts';
import { ConfigError } from '../../../components/config/read.ts';
import { renderHost } from '../../../components/config/render.ts';
import { alerts } from '../../../components/server/alerts.ts';
import { items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const secrets = {
  slack: 'https://hooks.slack.com/services/T0/B0/abc',
  telegram: '123:ABC-def',
  webhook: 'https://ops.example.com/hook?a=b',
  webhookToken: 't0ken=',
  mail: 'pass "word" \\ =',
};
const mail = { to: 'ops@example.com', server: 'mail.example.com' };
const login = { user: 'alerts@example.com', from: 'alerts@example.com' };
const every = {
  slack: {},
  telegram: { chat: '-100123' },
  webhook: { events: ['failed', 'rollout'] },
  mail: { ...mail, ...login },
};
const render = (given?: object, of = secrets) =>
  alerts.render?.(web1(given && { alerts: given }), { facts: trixie, secrets: of }) ?? {};

test('without channels a server has no files with secrets, and what a failed unit calls', () => {
  const { base = [], private: hidden = [] } = render();
  assert.deepEqual(names(base), ['file /etc/systemd/system/keelson-failed@.service']);
  assert.deepEqual(hidden, []);
});

test('each channel is a file of root’s, with what it is told of and its secrets', () => {
  const { private: hidden = [] } = render(every);
  const files = hidden.filter(({ kind }) => kind === 'file');
  assert.deepEqual(
    files.map(({ name, state, instructions }) => [name, state.mode, instructions]),
    ['slack', 'telegram', 'webhook', 'mail'].map((name) => [
      `/etc/keelson/alerts/${name}`,
      '0600',
      { '@secret': 'yes' },
    ]),
  );
  const text = (name: string) => lines(textOf(hidden, `/etc/keelson/alerts/${name}`));
  const usual = 'failed hung recovered resource need certificate unit job updates rollout-failed';
  assert.deepEqual(text('slack'), [`events=${usual}`, `secret.slack=${secrets.slack}`]);
  assert.deepEqual(text('telegram'), [
    `events=${usual}`,
    'chat=-100123',
    'secret.telegram=123:ABC-def',
  ]);
  assert.deepEqual(text('webhook'), [
    'events=failed rollout',
    `secret.webhook=${secrets.webhook}`,
    'secret.webhookToken=t0ken=',
  ]);
  assert.deepEqual(text('mail'), [
    `events=${usual}`,
    ...['to=ops@example.com', 'server=mail.example.com', 'port=465', 'tls=always'],
    ...['user=alerts@example.com', 'from=alerts@example.com'],
    `secret.mail=${secrets.mail}`,
  ]);
});

test('every service tells of its failure, but for those that tell', () => {
  const { base = [] } = render(every);
  const dropins = items({ base }).filter(({ name }) => name.endsWith('/50-keelson-failed.conf'));
  const [all, ...silent] = dropins.map(({ content = '', name }) => [
    name.replace('/etc/systemd/system/', ''),
    content.replace(/^#.*\n/gm, '').trim(),
  ]);
  assert.deepEqual(all, [
    'service.d/50-keelson-failed.conf',
    '[Unit]\nOnFailure=keelson-failed@%n.service',
  ]);
  assert.deepEqual(silent, [
    ['keelson-failed@.service.d/50-keelson-failed.conf', ''],
    ['keelson-alert.service.d/50-keelson-failed.conf', ''],
    ['keelson-heartbeat.service.d/50-keelson-failed.conf', ''],
  ]);
});

const address = 'web1.example.com';
function problems(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
const stack = (server: object, serverSecrets: unknown, encrypted = ['serverSecrets']) =>
  readConfig({
    values: { server: { address, ...server }, ...(serverSecrets ? { serverSecrets } : {}) },
    encrypted: new Set(encrypted),
  });

test('secrets of a server reach its manifest of secrets, and no other', () => {
  const given = { alerts: { slack: {} } };
  const [host] = stack(given, { slack: secrets.slack }).hosts;
  assert.ok(host);
  const all = renderHost(host, trixie, {});
  assert.deepEqual(
    all.map(({ name, secret, after }) => [name, secret, after]),
    [
      ['base', false, []],
      ['private', true, ['base']],
      ['access', false, ['base']],
    ],
  );
  const holds = all.filter((it) => JSON.stringify(it.items).includes('B0/abc'));
  assert.deepEqual(
    holds.map(({ name }) => name),
    ['private'],
  );
  const own = parseHost('web1', { address, ...given, serverSecrets: { slack: secrets.slack } });
  assert.deepEqual(own.serverSecrets, { slack: secrets.slack });
});

test('what is wrong with secrets of a host is told without them', () => {
  const set = "pulumi config set --secret --path 'keelson:serverSecrets";
  assert.deepEqual(
    problems(() => parseHost('web1', { address, alerts: { slack: {} } })),
    ['alerts.slack: has no URL of an incoming webhook yet; give it in serverSecrets.slack'],
  );
  assert.deepEqual(
    problems(() => stack({}, { slack: secrets.slack }, [])),
    [`serverSecrets: is not encrypted; remove it from the stack file, then run ${set}.NAME'`],
  );
});
