/** What is sent, by the real shell and curl, to receivers that judge it as Slack, Telegram and mail servers do. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { type Channel, channelFile } from '../../components/server/channels.ts';
import { liveShell } from './host-shell.ts';
import { certificate, mailbox, slack, telegram, webhook } from './receivers.ts';

const folder = mkdtempSync(join(tmpdir(), 'keelson-alerts-'));
after(() => rmSync(folder, { recursive: true }));
const authority = certificate(folder);
const events = ['failed', 'hung', 'recovered', 'resource', 'rollout'];

type Channels = { [name in Channel]?: { settings?: object; secrets?: Record<string, string> } };

/** The helper of a host with channels, whose sender runs when a test calls it; its journal is a file. */
function host(t: TestContext, channels: Channels) {
  const files = Object.entries(channels).map(([name, { settings, secrets = {} }]) => [
    `channels/${name}`,
    channelFile(name as Channel, { events, ...settings }, secrets),
  ]);
  const shell = liveShell(Object.fromEntries(files), { CURL_CA_BUNDLE: authority.path });
  t.after(shell.remove);
  const start = `
APPS_CONFIG=$STATE/etc CHANNELS=$STATE/channels DROP=$STATE/drop ALERTS=$STATE/alerts SENDING=$STATE/sending
logger() { printf '%s\\n' "$*" >>"$STATE/journal"; }
uname() { echo web1; }
# What is left waits for another call.
sleep() { exit 0; }
`;
  const said = () => readFileSync(join(shell.state, 'journal'), 'utf8');
  return {
    run: (lines: string) => shell.run(start + lines),
    journal: () =>
      said()
        .replaceAll(/^-t keelson-alert -p daemon\./gm, '')
        .trim()
        .split('\n'),
  };
}

const awkward = 'a "b" \\c\\n <i>&amp; \'d\' ``` $(id) ü – *x*';
const quoted = `'${awkward.replaceAll("'", "'\\''")}'`;
const escaped = awkward.replaceAll('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;');

test('Slack takes what is sent, whatever an app has said', async (t) => {
  const there = await slack(t);
  const url = `${there.origin}/services/T0/B0/abcdef`;
  const { run } = host(t, { slack: { secrets: { slack: url } } });
  const alerts = `alert failed shop@4190 ${quoted}; alert recovered shop@4190`;
  assert.equal(await run(`${alerts}; deliver_alerts`), '');
  const shown = escaped.replace('```', "'''");
  const fence = '```';
  assert.deepEqual(there.got, [
    { text: `*web1: shop@4190 has failed*\n${fence}\n${shown}\n${fence}` },
  ]);
  // One each pass, so that no receiver counts too many.
  await run('deliver_alerts');
  assert.deepEqual(there.got[1], { text: '*web1: shop@4190 has recovered*' });
});

test('Telegram takes what is sent, as HTML, also the longest', async (t) => {
  const there = await telegram(t);
  const settings = { chat: '-100123', server: there.origin };
  const { run, journal } = host(t, {
    telegram: { settings, secrets: { telegram: '123:ABC-def' } },
  });
  await run(`alert failed shop@4190 ${quoted}; deliver_alerts`);
  assert.deepEqual(there.got[0], {
    ...{ chat_id: '-100123', parse_mode: 'HTML', link_preview_options: { is_disabled: true } },
    text: `<b>web1: shop@4190 has failed</b>\n<pre>${escaped}</pre>`,
  });
  await run(`head -c 9000 /dev/zero | tr '\\0' '<' | alert hung shop; deliver_alerts`);
  assert.equal(there.got.length, 2, journal().join('\n'));
});

test('a webhook takes the documented JSON, with its token', async (t) => {
  const there = await webhook(t);
  const secrets = { webhook: `${there.origin}/hook?a=b`, webhookToken: 't0ken' };
  const { run } = host(t, { webhook: { secrets } });
  await run(`alert resource 'disk /' ${quoted}; deliver_alerts`);
  const [{ time, ...rest } = {}] = there.got;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(rest, {
    ...{ version: 1, event: 'resource', subject: 'disk /', host: 'web1', text: awkward, more: 0 },
    title: 'web1: disk / is over its limit',
  });
  assert.deepEqual(there.asked, ['/hook?a=b']);
});

const mail = (port: number, given: object = {}) => ({
  ...{ to: 'ops@example.com', server: '127.0.0.1', port, tls: 'always' },
  ...{ user: 'alerts@example.com', from: 'alerts@example.com', ...given },
});
const password = { mail: 'pass "word" \\' };

for (const tls of ['always', 'starttls'] as const)
  test(`mail goes over TLS (${tls}), with a login, and nothing of it before`, async (t) => {
    const there = await mailbox(t, authority, { tls });
    const settings = mail(there.port, { tls });
    const { run, journal } = host(t, { mail: { settings, secrets: password } });
    await run(`alert failed shop@4190 ${quoted}; deliver_alerts`);
    const [{ from, to, message } = { from: '', to: '', message: '' }] = there.got;
    const log = journal().join('\n');
    assert.deepEqual([from, to], ['alerts@example.com', 'ops@example.com'], log);
    const [head = '', body = ''] = message.split('\r\n\r\n');
    assert.match(head, /^Subject: web1: shop@4190 has failed\r$/m);
    assert.match(head, /^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r$/m);
    const text = Buffer.from(body, 'base64').toString();
    assert.ok(text.startsWith(`web1: shop@4190 has failed\n\n${awkward}\n`), text);
    assert.deepEqual(
      there.plain.map((line) => line.split(' ')[0]),
      tls === 'always' ? [] : ['EHLO', 'STARTTLS'],
    );
  });

test('a mail server without TLS is sent nothing', async (t) => {
  const there = await mailbox(t, authority, { tls: 'starttls' });
  const { run, journal } = host(t, { mail: { settings: mail(there.port), secrets: password } });
  await run('alert failed shop@4190; deliver_alerts');
  assert.deepEqual(there.got, []);
  assert.match(journal().at(-1) ?? '', /there is no TLS as it was asked for: check tls/);
});

test('a channel that refuses is said, with its words and the remedy, and what it refused is not sent again', async (t) => {
  const [hook, bot, post] = [await slack(t), await telegram(t), await webhook(t)];
  const box = await mailbox(t, authority, { tls: 'always' });
  const chat = (name: string) => ({ chat: name, server: bot.origin });
  const said = (code: number, description: string) =>
    `${code} {"ok":false,"error_code":${code},"description":"${description}"}`;
  const cases: [Channel, object, Record<string, string>, string][] = [
    [
      'slack',
      {},
      { slack: `${hook.origin}/services/gone` },
      '404 no_service; make a new incoming webhook there, and set serverSecrets.slack',
    ],
    [
      'telegram',
      chat('-100123'),
      { telegram: 'x' },
      `${said(401, 'Unauthorized')}; the token is no bot's: ask @BotFather, and set serverSecrets.telegram`,
    ],
    [
      'telegram',
      chat('1'),
      { telegram: '123:ABC-def' },
      `${said(400, 'Bad Request: chat not found')}; check alerts.telegram.chat, and write to the bot from there once`,
    ],
    [
      'webhook',
      {},
      { webhook: `${post.origin}/` },
      '401 who are you?; set serverSecrets.webhookToken to what the receiver asks for',
    ],
    [
      'mail',
      mail(box.port),
      { mail: 'other' },
      '535 Login denied; check alerts.mail.user, and set serverSecrets.mail to its password',
    ],
    [
      'mail',
      mail(box.port, { from: 'boss@example.com' }),
      password,
      '553 MAIL failed: 553; may this user send as alerts.mail.from, and to alerts.mail.to?',
    ],
  ];
  for (const [name, settings, secrets, words] of cases) {
    const { run, journal } = host(t, { [name]: { settings, secrets } });
    await run('alert failed shop@4190; deliver_alerts');
    const told = `${name} refused "web1: shop@4190 has failed", which is not sent: ${words}`;
    assert.deepEqual(journal().slice(1), [`err -- ${told}`]);
    assert.equal(await run('ls "$ALERTS/queue/"*'), '');
    assert.equal(await run('test_alerts'), `${name}: not sent: ${words}\n`);
  }
});

const hook = (origin: string) => ({
  slack: { secrets: { slack: `${origin}/services/T0/B0/abcdef` } },
});
/** Seconds since boot, as a pass of the sender takes them for. */
const at = (seconds: number) => `take_now() { now=${seconds}; }\n`;
const waiting = 'find "$ALERTS/queue" "$SENDING/queue" -name "[0-9]*" -printf "%f\\n" | sort';

test('what a receiver that is down, slow or troubled did not take is sent later, in its order', async (t) => {
  const there = await slack(t);
  const { run, journal } = host(t, hook(there.origin));
  const alerts = 'alert failed one@1; alert failed two@1; alert failed three@1';
  const impatient = 'printf() { command printf "$@" | sed "s/^max-time = 30/max-time = 1/"; }\n';
  there.moods.push('slow', { status: 503 }, { status: 429, headers: { 'retry-after': '40' } });
  await run(`${at(100)}${impatient}${alerts}; deliver_alerts`);
  assert.deepEqual([there.got.length, there.asked.length], [0, 1]);
  // Before its pause is over it is not asked.
  await run(`${at(104)}deliver_alerts`);
  assert.equal(there.asked.length, 1);
  await run(`${at(105)}deliver_alerts`);
  await run(`${at(120)}deliver_alerts`);
  assert.deepEqual([there.got.length, there.asked.length], [0, 3]);
  // It asked for more than the third pause.
  await run(`${at(159)}deliver_alerts`);
  assert.equal(there.asked.length, 3);
  for (const now of [160, 161, 162]) await run(`${at(now)}deliver_alerts`);
  assert.deepEqual(
    there.got.map(({ text }) => text),
    ['one', 'two', 'three'].map((name) => `*web1: ${name}@1 has failed*`),
  );
  assert.equal(await run(waiting), '');
  const said = journal().slice(3);
  assert.match(
    said[0] ?? '',
    /^warning -- slack: "web1: one@1 has failed" is tried again, for a day: .*timed out/,
  );
  assert.equal(said[1], 'notice -- slack: takes alerts again');
  assert.equal(said.length, 2);
});

test('nobody there: a channel that is down holds up no other, and what waits outlives a reboot', async (t) => {
  const there = await slack(t);
  const down = { webhook: { secrets: { webhook: 'http://127.0.0.1:9/' } } };
  const { run } = host(t, { ...hook(there.origin), ...down });
  await run('alert failed shop@1; deliver_alerts');
  assert.equal(there.got.length, 1);
  assert.equal(
    await run(`rm -r "$SENDING"; mkdir "$SENDING"; begin_sending; ${waiting}`),
    '000000001\n',
  );
});

test('a message is given up after a day of attempts, and said to be', async (t) => {
  const there = await slack(t);
  const { run, journal } = host(t, hook(there.origin));
  await run('alert failed shop@1; begin_sending; echo "0 148" >"$SENDING/pause.slack"');
  there.moods.push({ status: 500 });
  await run(`${at(0)}deliver_alerts`);
  await run('alert failed shop@2');
  for (const now of [1000, 2000, 3000]) {
    there.moods.push({ status: 500 });
    await run(`touch -cd '1 day ago' "$ALERTS/queue/slack/000000001"; ${at(now)}deliver_alerts`);
  }
  assert.deepEqual(
    journal().filter((line) => line.startsWith('err')),
    ['err -- slack: "web1: shop@1 has failed" is given up after a day: 500'],
  );
  // What came since has its own day.
  await run(`${at(4000)}deliver_alerts`);
  assert.deepEqual(there.got, [{ text: '*web1: shop@2 has failed*' }]);
});

test('what flaps is told at once, and then how often it came within ten minutes', async (t) => {
  const there = await slack(t);
  const { run } = host(t, hook(there.origin));
  const flap = 'for i in 1 2 3; do alert hung shop@1 "for the $i. time"; done';
  await run(`${at(0)}${flap}; deliver_alerts`);
  await run(`${at(300)}${flap}; alert hung shop@2; deliver_alerts`);
  const title = '*web1: shop@1 does not answer*\n```\n';
  assert.deepEqual(
    there.got.map(({ text }) => text),
    [`${title}for the 1. time\n\`\`\``, '*web1: shop@2 does not answer*'],
  );
  await run(`${at(599)}deliver_alerts`);
  assert.equal(there.got.length, 2);
  await run(`${at(600)}deliver_alerts`);
  assert.equal(
    there.got[2]?.text,
    `${title}5 more in 10 min, the last of them:\nfor the 3. time\n\`\`\``,
  );
  // It has calmed down, and the next is news.
  await run(`${at(1200)}deliver_alerts`);
  assert.equal(await run('is_waiting || ls "$SENDING/windows"'), '');
  await run(`${at(1300)}alert hung shop@1; deliver_alerts`);
  assert.equal(there.got.length, 4);
});

test('what comes again days later is news, also where nothing was sent in between', async (t) => {
  const there = await slack(t);
  const { run } = host(t, hook(there.origin));
  for (const now of [0, 200_000]) await run(`${at(now)}alert hung shop@1 slow; deliver_alerts`);
  const told = { text: '*web1: shop@1 does not answer*\n```\nslow\n```' };
  assert.deepEqual(there.got, [told, told]);
});

test('a flood of many things is told of as one', async (t) => {
  const there = await slack(t);
  const { run } = host(t, hook(there.origin));
  await run(`${at(0)}THINGS=3\nfor i in 1 2 3 4 5 6; do alert failed app@$i; done; deliver_alerts`);
  for (const now of [1, 2, 600]) await run(`${at(now)}deliver_alerts`);
  const texts = there.got.map(({ text }) => String(text));
  assert.deepEqual(
    texts.slice(0, 3),
    [1, 2, 3].map((i) => `*web1: app@${i} has failed*`),
  );
  assert.match(
    texts[3] ?? '',
    /^\*web1: app@6 has failed\*\n```\n3 more in 10 min, the last of them:/,
  );
});

test('a queue has an end, and the next message says what was left out', async (t) => {
  const there = await slack(t);
  const { run } = host(t, hook(there.origin));
  there.moods.push({ status: 500 });
  const flood = 'for i in 1 2 3 4 5; do alert failed app@$i; done';
  await run(`${at(0)}QUEUE_LIMIT=3\n${flood}; deliver_alerts`);
  assert.equal((await run(waiting)).split('\n').length - 1, 3);
  await run(`${at(9)}deliver_alerts`);
  const words = '2 alerts before this one were left out, since too many waited.';
  assert.equal(there.got[0]?.text, `*web1: app@1 has failed*\n\`\`\`\n${words}\n\`\`\``);
  await run(`${at(10)}deliver_alerts`);
  assert.equal(there.got[1]?.text, '*web1: app@2 has failed*');
});

test('on a disk that takes nothing more alerts go by memory', async (t) => {
  const there = await slack(t);
  const { run } = host(t, hook(there.origin));
  const full =
    'dd() { case $1 in of="$ALERTS"*) cat >/dev/null; return 1 ;; esac; command dd "$@"; }\n';
  await run(`${full}alert resource 'disk /' full; deliver_alerts`);
  assert.match(String(there.got[0]?.text), /disk \/ is over its limit/);
});

test('each channel is told of its own events alone', async (t) => {
  const there = await slack(t);
  const { run } = host(t, {
    slack: { settings: { events: ['rollout'] }, ...hook(there.origin).slack },
  });
  await run('alert failed shop@1; alert rollout shop; deliver_alerts');
  assert.deepEqual(there.got, [{ text: '*web1: the rollout of shop is done*' }]);
});

test('nothing secret is in the arguments of a process, nor left in a file that is not of root alone', async (t) => {
  const there = await webhook(t);
  const secrets = { webhook: `${there.origin}/hidden-path`, webhookToken: 't0ken' };
  const { run } = host(t, { webhook: { secrets } });
  const spy = 'curl() { echo "$*" >>"$STATE/arguments"; command curl "$@"; }\n';
  await run(`${spy}alert failed shop@1; deliver_alerts`);
  assert.equal(there.got.length, 1);
  const told = await run('cat "$STATE/arguments"');
  assert.match(told, /^-q --config \S+\n$/);
  const found = await run(
    'grep -rlE "hidden-path|t0ken" "$STATE" | grep -vE "/(channels|program)"; find "$SENDING" "$ALERTS" -perm /077',
  );
  assert.equal(found, '');
});

test('a test alert says of each channel what came of it', async (t) => {
  const there = await slack(t);
  const down = { webhook: { secrets: { webhook: 'http://127.0.0.1:9/' } } };
  const { run } = host(t, { ...hook(there.origin), ...down });
  const [first, second] = (await run('test_alerts')).split('\n');
  assert.equal(first, 'slack: sent');
  assert.match(
    second ?? '',
    /^webhook: not sent: Failed to connect to 127\.0\.0\.1 port 9 .*; it does not answer: does the network/,
  );
  assert.match(String(there.got[0]?.text), /^\*web1: a test alert\*/);
  const none = host(t, {});
  assert.equal(
    await none.run('mkdir "$CHANNELS"; test_alerts'),
    'keelson: there are no channels: write alerts below the server in the stack file, and run up\n',
  );
});

test('a test alert leaves alone what the sender is about to send', async (t) => {
  const there = await slack(t);
  const { run } = host(t, hook(there.origin));
  const left = await run(
    `mkdir -p "$SENDING/slack"; echo its own >"$SENDING/slack/body"; test_alerts >/dev/null & wait; cat "$SENDING/slack/body"`,
  );
  assert.equal(left, 'its own\n');
  assert.equal(there.got.length, 1);
});

test('silence has an end, and only so much is silence', async (t) => {
  const there = await slack(t);
  const { run } = host(t, hook(there.origin));
  assert.match(
    await run('silence_alerts 3600'),
    /^no alerts until 2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n$/,
  );
  await run('alert failed shop@1; deliver_alerts');
  assert.equal(await run('silence_alerts 0'), 'alerts are sent again\n');
  await run('alert failed shop@2; deliver_alerts');
  assert.deepEqual(there.got, [{ text: '*web1: shop@2 has failed*' }]);
  for (const wrong of ['', '1h', '604801', '99999999'])
    assert.equal(
      await run(`silence_alerts ${wrong}`),
      'keelson: usage: keelson silence SECONDS, up to 604800, a week\n',
    );
});
