// What real apps do as a matter of course: list the network interfaces when they start, write beside their code, in
// their home, cache and temporary directory, ask themselves, wait for a database by ending, and end with 0.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { homedir, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

const { PORT, DATA_DIR, WRITES, XDG_CACHE_HOME, PAGES = '.' } = process.env;
const note = (word) => appendFileSync(join(DATA_DIR, 'log'), `${word} ${PORT}\n`);

if (existsSync(join(DATA_DIR, 'no-database'))) {
  console.error('no database');
  process.exit(1);
}
networkInterfaces();
if (WRITES) mkdirSync(WRITES, { recursive: true });

const places = () => ({
  uploads: WRITES,
  home: homedir(),
  cache: XDG_CACHE_HOME,
  temporary: tmpdir(),
});

const answers = {
  '/': () => 'ok\n',
  '/self': async () => (await fetch(`http://127.0.0.1:${PORT}/`)).text(),
  '/write': () => {
    for (const place of Object.values(places())) writeFileSync(join(place, 'kept'), 'kept\n');
    return JSON.stringify({ memory: statfsSync(tmpdir()).type === 0x01021994 });
  },
  '/read': () => {
    const { uploads, home, cache } = places();
    return [uploads, home, cache]
      .map((place) => readFileSync(join(place, 'kept'), 'utf8'))
      .join('');
  },
  '/renew': () => {
    mkdirSync(join(PAGES, 'of'), { recursive: true });
    writeFileSync(join(PAGES, 'of/a.html'), `renewed by ${readFileSync('mark.txt', 'utf8')}\n`);
    return 'renewed\n';
  },
  '/page': () => {
    const page = join(PAGES, 'of/a.html');
    return existsSync(page) ? readFileSync(page, 'utf8') : 'as it was built\n';
  },
  '/end': () => {
    setTimeout(() => process.exit(0), 50);
    return 'ending\n';
  },
};

const server = createServer(async (request, response) => {
  try {
    response.end(await (answers[request.url] ?? answers['/'])());
  } catch (error) {
    response.writeHead(500).end(`${error.message} ${error.cause?.message ?? ''}\n`);
  }
});
server.listen(Number(PORT), '127.0.0.1', () => note('begins'));
process.on('SIGTERM', () => {
  note('ends');
  process.exit(0);
});
