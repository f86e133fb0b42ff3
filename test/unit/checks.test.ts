/** What a service's own check says of a configuration that it refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

/** What the check says when nginx says this and ends with that code; nothing is there for its logs. */
const said = (words: string, code: number): string =>
  hostShell(`is_directory() { return 1; }
    nginx() { echo '${words}'; return ${code}; }
    if check_nginx "$work"; then echo good; else echo bad; fi`);

test('a line of one’s own that the kit says by now is told with the setting', () => {
  const own = '/etc/nginx/keelson.d/shop/a.conf:1';
  assert.equal(
    said(`nginx: [emerg] "proxy_buffer_size" directive is duplicate in ${own}`, 1),
    `nginx: [emerg] "proxy_buffer_size" directive is duplicate in ${own}
Keelson says that itself: take the line out; the sizes of headers are nginx.headerSize in the stack file
bad
`,
  );
  assert.equal(
    said('nginx: [emerg] unexpected "}" in /a:1', 1),
    'nginx: [emerg] unexpected "}" in /a:1\nbad\n',
  );
  assert.equal(said('nginx: [warn] something', 0), 'good\n');
});
