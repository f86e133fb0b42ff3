/** An app that says numbered lines, for tests that count them. */
import { createServer } from 'node:http';

const { PORT } = process.env;
console.log('first line');

/** Now and then one of up to 100 kB; its end tells whether it is whole. */
function line(number) {
  const length = number % 20 === 0 ? (number * 7919) % 100_000 : number % 100;
  return `n=${number} ${'x'.repeat(length)} end=${number}\n`;
}

function write(from, count) {
  let number = from;
  const timer = setInterval(() => {
    for (let i = 0; i < 10 && number < from + count; i++) process.stdout.write(line(number++));
    if (number >= from + count) clearInterval(timer);
  }, 5);
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/write')
    write(Number(url.searchParams.get('from')), Number(url.searchParams.get('count')));
  response.end(`${PORT}\n`);
});
server.listen(Number(PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
