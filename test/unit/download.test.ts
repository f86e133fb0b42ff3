import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { download } from '../../components/lib/download.ts';
import { scratchDirectory } from './scratch.ts';

const content = 'a tarball';
const sha256 = createHash('sha256').update(content).digest('hex');
scratchDirectory('download');
let server: Server;
let requests = 0;
const url = (path: string): string =>
  `http://localhost:${(server.address() as AddressInfo).port}${path}`;

before(async () => {
  server = createServer((request, response) => {
    requests++;
    response.statusCode = request.url === '/missing' ? 404 : 200;
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
});
after(() => {
  server.close();
});

test('a file is fetched once, checked, and found in the cache from then on', async () => {
  const path = await download({ url: url('/a.tar.gz'), sha256 });
  assert.equal(path, join('.keelson', 'cache', sha256));
  assert.equal(readFileSync(path, 'utf8'), content);
  const before = requests;
  await download({ url: url('/a.tar.gz'), sha256 });
  assert.equal(requests, before);
});

test('another file than the one that was meant is refused, and not kept', async () => {
  const meant = '0'.repeat(64);
  await assert.rejects(download({ url: url('/b'), sha256: meant }), (error: Error) => {
    assert.match(error.message, new RegExp(`/b has the SHA-256 ${sha256}, not ${meant}`));
    return true;
  });
  assert.throws(() => readFileSync(join('.keelson', 'cache', meant)));
});

test('an address without the file, and a host that is not there, are told by address and reason', async () => {
  const other = '1'.repeat(64);
  await assert.rejects(
    download({ url: url('/missing'), sha256: other }),
    /\/missing: the answer is 404/,
  );
  await assert.rejects(
    download({ url: 'http://localhost:1/x', sha256: other }),
    /http:\/\/localhost:1\/x: fetch failed \(.+\); check the address and the network/,
  );
});

test('a file of this machine stays where it is, and is checked each time', async () => {
  writeFileSync('local.tar.gz', content);
  assert.equal(await download({ path: 'local.tar.gz', sha256 }), 'local.tar.gz');
  writeFileSync('local.tar.gz', 'changed');
  await assert.rejects(
    download({ path: 'local.tar.gz', sha256 }),
    /local\.tar\.gz has the SHA-256/,
  );
});
