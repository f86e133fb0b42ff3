import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { ClientChannel } from 'ssh2';
import { Shell } from '../../components/ssh/shell.ts';

/** A channel that answers as a test wants. */
class Channel extends EventEmitter {
  readonly stderr = new EventEmitter();
  mark = '';
  write(text: string): void {
    this.mark = /keelson-[0-9a-f]{32}/.exec(text)?.[0] ?? '';
    this.emit('asked');
  }
}

function asked(limit = 1024 * 1024) {
  const channel = new Channel();
  const shell = new Shell(channel as unknown as ClientChannel, limit);
  return { channel, shell, ended: shell.run('true') };
}

test('an answer is over when both streams are, in whatever pieces they come', async () => {
  const { channel, ended } = asked();
  const { mark } = channel;
  for (const piece of `noise\n${mark}\nä\n\n${mark} 7\n`.match(/[\s\S]/g) ?? [])
    for (const byte of Buffer.from(piece)) channel.emit('data', Buffer.of(byte));
  for (const piece of [`${mark}\nbad`, '\n', `${mark}`, ' 7', '\n'])
    channel.stderr.emit('data', Buffer.from(piece));
  assert.deepEqual(await ended, { code: 7, stdout: 'ä\n', stderr: 'bad' });
});

test('what a login prints without a line break is no part of the answer', async () => {
  const { channel, shell, ended } = asked();
  channel.emit('data', Buffer.from(`hello${channel.mark}\nid\tdebian\n\n${channel.mark} 0\n`));
  channel.stderr.emit('data', Buffer.from(`oh${channel.mark}\n\n${channel.mark} 0\n`));
  assert.deepEqual(await ended, { code: 0, stdout: 'id\tdebian\n', stderr: '' });
  assert.equal(shell.greeting, 'hello');
});

test('a shell that never came to its script, or speaks on one stream alone, is told from one that is slow', () => {
  const { channel, shell } = asked();
  const { mark } = channel;
  channel.emit('data', Buffer.from('hello'));
  assert.equal(shell.hasBegun, false);
  channel.emit('data', Buffer.from(`${mark}\n${mark}\n`));
  assert.equal(shell.hasBegun, false);
  channel.stderr.emit('data', Buffer.from(`${mark}\n`));
  assert.equal(shell.hasBegun, true);
});

test('a shell that has spoken or ended before its first script is heard all the same', async () => {
  const words = 'This account is currently not available.\n';
  const end = (channel: Channel) => {
    channel.emit('exit', 1);
    channel.emit('close');
  };
  const said = { code: 1, stdout: words, stderr: '' };
  for (const endsFirst of [true, false]) {
    const channel = new Channel();
    const shell = new Shell(channel as unknown as ClientChannel, 1024);
    channel.emit('data', Buffer.from(words));
    if (endsFirst) end(channel);
    const ended = shell.run('true');
    if (!endsFirst) end(channel);
    assert.deepEqual(await ended, said);
    assert.equal(shell.hasBegun, false);
  }
});

test('a mark of another question is no end', async () => {
  const { channel, ended } = asked();
  channel.emit('data', Buffer.from(`${channel.mark}\nkeelson-${'0'.repeat(32)} 0\n`));
  channel.emit('exit', null);
  channel.emit('close');
  assert.deepEqual(await ended, { code: 255, stdout: `keelson-${'0'.repeat(32)} 0\n`, stderr: '' });
});

test('more words than anybody can want end it', async () => {
  const { channel, shell, ended } = asked(2 * 1024 * 1024);
  const piece = Buffer.alloc(700_000, 'x');
  for (let sent = 0; sent < 4; sent++) channel.emit('data', piece);
  await assert.rejects(ended, /^Error: it says more than 2 MiB$/);
  await assert.rejects(shell.run('true'), /more than 2 MiB/);
});

test('nothing that a host answers moves a cursor or hides a word, on whatever stream', async () => {
  const { channel, shell, ended } = asked();
  const { mark } = channel;
  channel.emit('data', Buffer.from(`hi\x1b[2J${mark}\ndrift\tlink\t\u202e\n\n${mark} 1\n`));
  channel.stderr.emit('data', Buffer.from(`${mark}\nno\rsuch \u009b\n\n${mark} 1\n`));
  const { stdout, stderr } = await ended;
  assert.equal(stdout, 'drift\tlink\t\\xe2\\x80\\xae\n');
  assert.equal(stderr, 'no\\x0dsuch \\xc2\\x9b\n');
  assert.equal(shell.greeting, 'hi\\x1b[2J');
});
