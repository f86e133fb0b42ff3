/** What a service's own check says of a configuration that it refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

/** What the check says when nginx says this and ends with that code; nothing is there for its logs. */
const said = (words: string, code: number): string =>
  hostShell(`is_directory() { return 1; }
    grep() { echo '/etc/nginx/keelson.d/shop/a.conf:3:  proxy_buffer_size 64k; # proxy_buffer_size'; }
    nginx() { echo '${words}'; return ${code}; }
    if check_nginx "$work"; then echo good; else echo bad; fi`);

test('a line of one’s own that the kit says by now is told with the setting', () => {
  const told =
    'nginx: [emerg] "proxy_buffer_size" directive is duplicate in /etc/nginx/keelson.d/shop.conf:148';
  assert.equal(
    said(told, 1),
    `${told}
Keelson says proxy_buffer_size itself: take it out of /etc/nginx/keelson.d/shop/a.conf:3; the sizes of headers are nginx.headerSize in the stack file
bad
`,
  );
  assert.equal(
    said('nginx: [emerg] unexpected "}" in /a:1', 1),
    'nginx: [emerg] unexpected "}" in /a:1\nbad\n',
  );
  assert.equal(said('nginx: [warn] something', 0), 'good\n');
});
