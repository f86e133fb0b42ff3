/** What an instance says in a conversation over TCP, with real sockets; and a file that it touches. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { run } from './rollout-shell.ts';

/** Servers of a thread of their own: a script is waited for. Each gets what came last, in hexadecimal digits. */
const servers: Record<string, string> = {
  echo: `socket.on('data', (data) => socket.write(data))`,
  greeting: `socket.write('220 mail ready\\r\\n')`,
  pong: `let all = ''; socket.on('data', (data) => { all += data; if (all.endsWith('PING\\r\\n')) socket.write('+PONG') })`,
  hex: `socket.on('data', (data) => socket.end(data.toString('hex')))`,
  slow: `setTimeout(() => socket.write('late'), 700)`,
  torn: `socket.write('re'); setTimeout(() => socket.write('ady'), 300)`,
  silent: ``,
  closing: `socket.end('bye')`,
  flood: `const more = () => { while (socket.write(Buffer.alloc(65536))); }; socket.on('drain', more); more()`,
};
const code = Object.entries(servers)
  .map(([name, does]) => `${name}: (socket) => { socket.on('error', () => {}); ${does} }`)
  .join(',\n');
const worker = new Worker(
  `const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const ports = {};
  let left = ${Object.keys(servers).length};
  for (const [name, talk] of Object.entries({${code}})) {
    const server = createServer(talk).listen(0, '127.0.0.1', () => {
      ports[name] = server.address().port;
      if (--left === 0) parentPort.postMessage(ports);
    });
  }`,
  { eval: true },
);
const [ports] = (await once(worker, 'message')) as [Record<string, number>];
after(() => worker.terminate());

/** An instance has as long as a busy machine needs; one that is to say nothing, a second. */
const conversed = (port: number | undefined, send: string, expect: string, time = 60): string =>
  run(`health=tcp start=${time} patience=${time} first_port='' send='${send}' expect='${expect}'
    if ask ${port}; then echo well; else echo "$answer"; fi`)
    .trimEnd()
    .replace(`127.0.0.1:${port}`, '127.0.0.1:PORT');

const conversations: [string, string, string, string][] = [
  ['silent', '', '', 'well'],
  ['greeting', '', '220 ', 'well'],
  ['greeting', '', '250', 'gave no answer with "250" on 127.0.0.1:PORT'],
  ['pong', 'PING\\r\\n', '+PONG', 'well'],
  ['pong', 'PING', '+PONG', 'gave no answer with "+PONG" on 127.0.0.1:PORT that was sent "PING"'],
  ['hex', '%s \\x00\\xff\\\\\\t', '25732000ff5c09', 'well'],
  ['echo', '-e', '-e', 'well'],
  ['slow', '', 'late', 'well'],
  ['torn', '', 'ready', 'well'],
  ['closing', '', 'bye', 'well'],
  ['closing', '', 'hi', 'ended the connection to 127.0.0.1:PORT without "hi"'],
  ['flood', '', 'end', 'ended the connection to 127.0.0.1:PORT without "end"'],
];

for (const [server, send, expected, outcome] of conversations)
  test(`${server}: sent "${send}", "${expected}" is expected: ${outcome}`, () =>
    assert.equal(
      conversed(ports[server], send, expected, /^gave no answer/.test(outcome) ? 1 : 60),
      outcome,
    ));

test('where nobody listens is told', () => {
  assert.equal(conversed(1, 'a', 'a'), 'did not listen on 127.0.0.1:PORT');
});

test('an instance that is numbered has the port of the first one and its number', () => {
  assert.equal(
    run("first_port=9000; port_of 1; port_of 3; first_port=''; port_of 3700"),
    '9000\n9002\n3700\n',
  );
});

/** A worker that touches its file after so many hundredths of a second, or has touched it before its start. */
const beaten = (settings: string): string =>
  run(`health=file start=2 returning=yes started_at=0 moving=1 path=$root/alive age=60 touches=100
    ${settings}
    since=@\${since:-1000}.123456789
    date() { echo 2000; }
    is_running() { main=\${process-self}; read -r passed <"$clock_file"; [ "$passed" -lt "$touches" ] || touch -d "@\${at:-1000}" "$root/alive"; }
    if await_health; then echo "healthy at $(cat "$clock_file")"; else echo "$reason" | sed "s,$root,,"; fi`);

test('a worker is healthy once it has touched its file after its start', () => {
  assert.equal(beaten(''), 'healthy at 100\n');
  assert.equal(beaten('touches=0'), 'healthy at 0\n');
});

test('one that is not even there is not told of in the words of another one', () => {
  assert.equal(
    beaten("answer='did not listen on 127.0.0.1:3700' process='' touches=999"),
    'was not healthy within 2 s: it is starting still\n',
  );
});

test('one that does not touch it in time has failed, and so has one that did before its start alone', () => {
  assert.equal(beaten('touches=999'), 'was not healthy within 2 s: it has not touched /alive\n');
  assert.equal(
    beaten('at=999'),
    'was not healthy within 2 s: it has not touched /alive for 1001 s\n',
  );
});

test('a good answer is no evidence of an end that came after it', () => {
  const said = (answer: string) =>
    run(
      `location='' got=200 answer='${answer}' reason='answered 500'; echo hello >"$work/answer"; answer_said`,
    );
  assert.equal(said('answered 500'), '    hello\n');
  assert.equal(said(''), '');
});
