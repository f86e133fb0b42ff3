/** What the tests of rollouts conclude from a load. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { compared, judge } from '../load/judge.ts';
import { startLoad } from '../load/load.ts';

const tally = { sent: 3, answered: 2, failed: { 'status 502': 1 }, slowest: 12.4 };
const figures = { seconds: 1, tallies: { PUT: tally, events: tally }, recorded: ['a', 'b', 'c'] };

test('what was answered and not done is lost, what was done twice is doubled', () => {
  const record = 'a one 3700\nb one 3701\nb two 3700\nd two 3700\n';
  assert.deepEqual(judge(figures, record), {
    ...{ sent: 6, answered: 4, failed: 2, lost: 1, doubled: 1 },
    releases: { one: 2, two: 2 },
  });
});

test('two loads stand beside each other, kind by kind', () => {
  const other = { seconds: 1, tallies: { PUT: { ...tally, failed: {} } }, recorded: [] };
  assert.deepEqual(
    compared({ A: figures, B: other }).map((line) => line.split(/ {2,}/)),
    [
      ['', 'A: sent', 'slowest', 'failed', 'B: sent', 'slowest', 'failed'],
      ['PUT', '3', '12 ms', '1 × status 502', '3', '12 ms', '0'],
      ['events', '3', '12 ms', '1 × status 502'],
      ['all', '6', '12 ms', '2 × status 502', '3', '12 ms', '0'],
    ],
  );
});

/** Enough of them that both connections of the load have been closed, and used anew. */
const enough = 14;

/** A server that ends each connection after four answers, and may say so in the last of them. */
async function closingServer(announced: boolean) {
  const answers = new Map<Socket, number>();
  let all = 0;
  const server = createServer((request, response) => {
    const count = (answers.get(request.socket) ?? 0) + 1;
    answers.set(request.socket, count);
    if (count === 4 && announced) response.setHeader('connection', 'close');
    if (count === 4 && !announced) response.on('close', () => request.socket.destroy());
    if (count <= 4) request.resume().on('end', () => response.end('{"release":1}'));
    all += 1;
    if (all === enough) server.emit('enough');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

for (const announced of [true, false])
  test(`a connection that is closed ${announced ? 'with' : 'without'} a word is ${announced ? 'no' : 'a'} failure`, async (t) => {
    const server = await closingServer(announced);
    t.after(() => server.closeAllConnections());
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // Six a second on each connection, so that none is idle when it ends.
    const asked = once(server, 'enough', { signal: AbortSignal.timeout(20_000) });
    const load = await startLoad({ url, rate: 12, connections: 2, kinds: [] });
    t.after(load.kill);
    await asked;
    const { failed, sent, answered } = judge(await load.stop(), '');
    assert.ok(answered > 8, `${answered} answers`);
    assert.equal(failed > 0, !announced);
    assert.equal(sent - answered, failed);
  });
