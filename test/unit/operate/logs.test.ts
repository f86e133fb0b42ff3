/** The logs of apps as the commands read them: pieces, order, what is shown. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Entry } from '../../../tools/operate/entry.ts';
import { journalCommand, journalEntries } from '../../../tools/operate/journal.ts';
import { backwards, linesOf, merged } from '../../../tools/operate/lines.ts';
import { fileEntries, filesCommand } from '../../../tools/operate/log-files.ts';
import { lineOf } from '../../../tools/operate/log-line.ts';
import type { Part } from '../../../tools/operate/part.ts';
import { sinceOf } from '../../../tools/operate/since.ts';
import { shown } from '../../../tools/operate/text.ts';
import { scratchDirectory } from '../scratch.ts';

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of given) found.push(one);
  return found;
}
const lines = (...given: object[]) => Readable.from(given.map((it) => JSON.stringify(it)));

test('lines are whole, however the bytes arrive', async () => {
  const bytes = Buffer.from('één\n\nzwei\nlast');
  for (const size of [1, 2, 5, 100]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    assert.deepEqual(await all(linesOf(Readable.from(pieces))), ['één', '', 'zwei', 'last']);
  }
});

test('what several servers say comes by its time, and no more is read than is needed', async () => {
  const read: number[] = [];
  async function* of(...times: number[]) {
    for (const time of times) {
      read.push(time);
      yield time;
    }
  }
  const source = merged([of(1, 4, 5), of(), of(2, 3, 9)], (a, b) => a < b);
  assert.equal((await source.next()).value, 1);
  assert.deepEqual(read, [1, 2]);
  assert.deepEqual(await all(source), [2, 3, 4, 5, 9]);
});

const entry = (more: object) => ({
  __REALTIME_TIMESTAMP: '1795898463123000',
  MESSAGE: 'x',
  ...more,
});
const journal = async (...given: object[]) =>
  await all(journalEntries(['shop', 'shop-mail'], lines(...given.map(entry))));

test('an entry of the journal tells its instance, a hook its name, and systemd speaks of the unit', async () => {
  const found = await journal(
    { _SYSTEMD_UNIT: 'shop@3700.service' },
    { _SYSTEMD_UNIT: 'keelson_before@shop.service' },
    { _SYSTEMD_UNIT: 'init.scope', _UID: '0', UNIT: 'shop@3700.service', MESSAGE: 'Started' },
    { _SYSTEMD_UNIT: 'shop@3700.service', _UID: '990', UNIT: 'shop@3700.service' },
  );
  assert.deepEqual(
    found.map(({ from, isAbout }) => [from, isAbout]),
    [
      ['shop@3700', false],
      ['before', false],
      ['shop@3700', true],
      ['shop@3700', true],
    ],
  );
});

test('what another app passes for systemd’s word has the name of who wrote it', async () => {
  const [found] = await journal({
    ...{ _SYSTEMD_UNIT: 'blog@3800.service', _UID: '991', UNIT: 'shop@3700.service' },
  });
  assert.deepEqual([found?.from, found?.isAbout], ['blog@3800', false]);
});

test('a line that the journal keeps in pieces is put together, also among others', async () => {
  const piece = (MESSAGE: string, _STREAM_ID: string, more = {}) => ({
    ...{ MESSAGE, _STREAM_ID, _SYSTEMD_UNIT: `shop@${_STREAM_ID}.service`, ...more },
  });
  const cut = { _LINE_BREAK: 'line-max' };
  const found = await journal(
    piece('a', '1', cut),
    piece('other', '2'),
    piece('b', '1', cut),
    piece('c', '1'),
    piece('next', '1'),
    piece('unended', '2', cut),
  );
  assert.deepEqual(
    found.map(({ text }) => text),
    ['other', 'abc', 'next', 'unended'],
  );
});

test('bytes that are no text are read as far as they are, and what has no words is empty', async () => {
  const found = await journal(
    { MESSAGE: [104, 105, 33] },
    { MESSAGE: null },
    { MESSAGE: ['twice', [104, 105]], UNIT: ['a', 'b'] },
  );
  assert.deepEqual(
    found.map(({ text }) => text),
    ['hi!', '', 'twice\nhi'],
  );
});

test('of lines that journald dropped only those of the app are told', async () => {
  const dropped = (unit: string) => ({
    ...{ _SYSTEMD_UNIT: 'systemd-journald.service', MESSAGE: `Suppressed 9 messages from ${unit}` },
  });
  const found = await journal(
    dropped('shop@3700.service'),
    dropped('blog@3800.service'),
    dropped('shop-mail@1.service'),
    dropped('shop-other@1.service'),
  );
  assert.deepEqual(
    found.map(({ text }) => text),
    ['shop@3700', 'shop-mail@1'].map((it) => `Suppressed 9 messages from ${it}.service`),
  );
});

test('what is asked of the journal: each word by itself, the app’s name among them', () => {
  const wanted = { lines: 7, since: '-3600s', grep: "a'; id", follow: true };
  assert.deepEqual(journalCommand(['shop', 'shop-mail'], wanted).slice(3), [
    ...['sh', 'shop shop-mail', 'yes', '--since=-3600s', '-n', '7', '-g', "a'; id"],
  ]);
});

test('the last lines that match are asked for from the end, and told in their order', async () => {
  const wanted = { lines: 7, since: undefined, grep: 'x', follow: false };
  const isAsked = (given: object) =>
    journalCommand(['shop'], { ...wanted, ...given }).includes('--reverse');
  assert.ok(isAsked({}));
  for (const other of [{ lines: undefined }, { grep: undefined }, { follow: true }])
    assert.ok(!isAsked(other), JSON.stringify(other));
  assert.deepEqual(await all(backwards(Readable.from(['c', 'b', 'a']))), ['a', 'b', 'c']);
});

const scratch = scratchDirectory('log-files');
let made = 0;

/** The log directory of an app in a place of its own, read by the command as a host runs it. */
function directory(files: Record<string, string>, part: Partial<Part> = {}) {
  made += 1;
  const path = join(scratch, String(made));
  mkdirSync(join(path, 'shop'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, 'shop', name), text);
  const command = (wanted: object) => {
    const { words, mark } = filesCommand(
      { app: 'shop', type: 'web', ...part },
      {
        ...{ lines: 3, since: undefined, grep: undefined, follow: false, ...wanted },
      },
    );
    return { mark, words: words.map((word) => word.replaceAll('/var/log', path)) };
  };
  return { path: join(path, 'shop'), command };
}

const told = (entries: readonly Entry[]) => entries.map(({ from, text }) => `${from} ${text}`);

async function read(files: Record<string, string>, wanted: object = {}, part: Partial<Part> = {}) {
  const { mark, words } = directory(files, part).command(wanted);
  const [program = '', ...args] = words;
  const said = execFileSync(program, args);
  return told(await all(fileEntries('shop', mark, linesOf(Readable.from([said])))));
}

test('of log files the end of each is read, over the last rotation, and whether its last line is ended or not', async () => {
  const files = { '3700.log.1': 'a\nb\n', '3700.log': 'c\n\n', '3701.log': 'x\ny' };
  assert.deepEqual(await read(files), [
    ...['shop@3700 b', 'shop@3700 c', 'shop@3700 ', 'shop@3701 x', 'shop@3701 y'],
  ]);
  assert.deepEqual(await read(files, { grep: '^[Cx]$' }), ['shop@3701 x']);
  assert.deepEqual(await read(files, { grep: '^[cx]$' }), ['shop@3700 c', 'shop@3701 x']);
});

test('members write beside their app, and are read with it or alone', async () => {
  const files = { '3700.log': 'a\n', 'mail@1.log': 'b\n', 'clean.log': 'c\n', 'mail.log': 'd\n' };
  assert.deepEqual(await read(files), [
    ...['shop@3700 a', 'shop-clean c', 'shop-mail d', 'shop-mail@1 b'],
  ]);
  const of = (member: string, type: Part['type']) => read(files, {}, { member, type });
  assert.deepEqual(await of('mail', 'worker'), ['shop-mail@1 b']);
  assert.deepEqual(await of('clean', 'job'), ['shop-clean c']);
  assert.deepEqual(await read({ 'job.log': 'e\n' }), ['shop e']);
});

/** An environment in which journalctl does this, and these units are loaded. */
function host(journalctl: string, ...units: string[]) {
  const place = join(scratch, 'bin');
  mkdirSync(place, { recursive: true });
  const program = (name: string, text: string) =>
    writeFileSync(join(place, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program('journalctl', journalctl);
  program(
    'systemctl',
    `for one in ${units.join(' ')}; do case $one in "\${7%@*}"@*) echo "$one x" ;; esac; done`,
  );
  return { ...process.env, PATH: `${place}:${process.env.PATH}` };
}

const whole = { lines: undefined, since: undefined, grep: undefined, follow: false };

/** The matches that the command gives to journalctl on a host where these units are loaded. */
function asked(names: readonly string[], ...units: string[]): string {
  const env = host('echo "$*"', ...units);
  const [shell = '', ...args] = journalCommand(names, whole);
  return execFileSync(shell, args, { env, encoding: 'utf8' })
    .replace(/.*?(?=SYSLOG)/, '')
    .trim();
}

test('the journal is asked for what an app and its members say, and for what systemd says of them', () => {
  const of = (field: string): string =>
    ['shop', 'shop@3700', 'shop@3701', 'shop-clean']
      .map((name) => `${field}=${name}.service`)
      .join(' ');
  assert.equal(
    asked(['shop', 'shop-clean'], 'shop@3700.service', 'shop@3701.service'),
    [
      'SYSLOG_IDENTIFIER=shop SYSLOG_IDENTIFIER=shop-clean',
      '_SYSTEMD_UNIT=systemd-journald.service MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e',
      `_UID=0 ${of('UNIT')}`,
      of('_SYSTEMD_UNIT'),
    ].join(' + '),
  );
});

/** Starts a command that follows, as sshd does; its end is its exit code. */
function follow(words: readonly string[], env = process.env) {
  const [program = '', ...args] = words;
  const child = spawn(program, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env });
  const ended = new Promise((done) => child.once('close', done));
  return { child, ended };
}

test('the journal is followed until somebody ends it', { timeout: 20_000 }, async (t) => {
  const env = host('echo one; exec sleep 60');
  const { child, ended } = follow(journalCommand(['shop'], { ...whole, follow: true }), env);
  t.after(() => child.kill());
  assert.equal((await linesOf(child.stdout).next()).value, 'one');
  child.stdin.end();
  assert.notEqual(await ended, 0);
});

test('a pattern that is none ends what would follow, and says why', {
  timeout: 20_000,
}, async (t) => {
  const env = host('echo "Bad pattern" >&2; exit 1');
  const { command } = directory({ '3700.log': 'old\n' });
  const wanted = { follow: true, grep: '(' };
  for (const [words, code, why] of [
    [journalCommand(['shop'], { ...whole, ...wanted }), 1, /^Bad pattern$/m],
    [command(wanted).words, 2, /^grep: .*missing/m],
  ] as const) {
    const { child, ended } = follow(words, env);
    t.after(() => child.kill());
    const said = text(child.stderr);
    child.stdout.resume();
    assert.equal(await ended, code);
    assert.match(await said, why);
  }
});

test('what an app writes passes for no header with anything else than a name', async () => {
  const lines = ['==> /var/log/shop/\x1b]0;x\x07.log <==', '==> /var/log/shop/3701.log <==', 'a'];
  assert.deepEqual(told(await all(fileEntries('shop', 'mark', Readable.from(lines)))), [
    `shop ${lines[0]}`,
    'shop@3701 a',
  ]);
});

test('log files are followed until somebody ends it', { timeout: 20_000 }, async (t) => {
  const { path, command } = directory({ '3700.log': 'old\n', '3701.log': '' });
  const { mark, words } = command({ follow: true });
  const { child, ended } = follow(words);
  t.after(() => child.kill());
  async function* lines() {
    for await (const line of linesOf(child.stdout)) yield line.replace(path, '/var/log/shop');
  }
  const entries = fileEntries('shop', mark, lines());
  const next = async () => told([(await entries.next()).value as Entry])[0];
  assert.equal(await next(), 'shop@3700 old');
  appendFileSync(join(path, '3701.log'), 'one\n');
  assert.equal(await next(), 'shop@3701 one');
  appendFileSync(join(path, '3700.log'), 'two\n\nthree\n');
  assert.deepEqual(
    [await next(), await next(), await next()],
    ['shop@3700 two', 'shop@3700 ', 'shop@3700 three'],
  );
  child.stdin.end();
  await ended;
});

test('a time is one ago by the server’s clock, or one of this machine’s', () => {
  assert.equal(sinceOf('90s'), '-90s');
  assert.equal(sinceOf('2d'), '-172800s');
  assert.equal(sinceOf('2026-11-28T20:41:03Z'), '@1795898463');
  assert.equal(sinceOf('2026-11-28'), `@${new Date(2026, 10, 28).getTime() / 1000}`);
  assert.equal(sinceOf('2026-11-28 20:41'), `@${new Date(2026, 10, 28, 20, 41).getTime() / 1000}`);
  for (const wrong of ['1y', 'yesterday', '2026-13-40', '-1h', "1h'", ''])
    assert.throws(() => sinceOf(wrong), /^Error: --since: ".*" is no time; write such as 15m/);
});

const one: Entry = { time: 1795898463123000, from: 'shop@3700', text: 'a\nb', isAbout: false };

test('each line has its time, server and instance, and colours where they are wanted', () => {
  const at = '2026-11-28T20:41:03.123Z';
  assert.deepEqual(lineOf(one, undefined, false), [`${at} shop@3700 a`, `${at} shop@3700 b`]);
  assert.deepEqual(
    lineOf({ ...one, time: undefined, text: 'a' }, { name: 'web1', index: 0 }, false),
    ['web1 shop@3700 a'],
  );
  const [line = ''] = lineOf(one, { name: 'web1', index: 1 }, true);
  assert.ok(line.includes('\x1b[33mweb1\x1b[39m'), line);
});

test('an app’s colours stay on a terminal, and nothing else that would be obeyed', () => {
  const line = '\x1b[31mred\x1b[0m \x1b[2Jgone\x07';
  assert.equal(shown(line, true), '\x1b[31mred\x1b[0m \\x1b[2Jgone\\x07\x1b[0m');
  assert.equal(shown(line, false), 'red \\x1b[2Jgone\\x07');
});
