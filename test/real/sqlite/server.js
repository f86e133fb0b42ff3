// Rows that better-sqlite3 writes, and that Node's own SQLite counts.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';

const edition = 'First edition';
const file = join(process.env.DATA_DIR ?? '.', 'ledger.db');

const database = new Database(file);
database.pragma('journal_mode = WAL');
database.exec('CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, text TEXT NOT NULL)');
const insert = database.prepare('INSERT INTO entries (text) VALUES (?)');
const all = database.prepare('SELECT text FROM entries ORDER BY id').pluck();

const own = new DatabaseSync(file, { readOnly: true });
const count = own.prepare('SELECT count(*) AS entries FROM entries');

async function answer(request) {
  if (request.method === 'POST') {
    let text = '';
    for await (const chunk of request) text += chunk;
    insert.run(text);
  }
  if (request.url === '/entries') return { entries: all.all(), counted: count.get().entries };
  return { edition };
}

const server = createServer(async (request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(await answer(request)));
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () =>
  server.close(() => {
    own.close();
    database.close();
  }),
);
