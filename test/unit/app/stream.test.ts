import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stream } from '../../../components/app/stream.ts';
import { chat, find, items, lines, names, textOf } from '../shop.ts';

const path = '/etc/nginx/keelson-stream.d/chat.conf';
const wanted = (given: object = {}) =>
  items(stream.render?.(chat({ port: 3800, ...given }), { instances: [3800, 3801] } as never));

test('one public port, over the instances on the loopback', () => {
  const all = wanted();
  assert.deepEqual(lines(textOf(all, path)), [
    'upstream chat {',
    'zone chat 128k;',
    'least_conn;',
    'server 127.0.0.1:3800 max_fails=0;',
    'server 127.0.0.1:3801 max_fails=0;',
    '}',
    'server {',
    'listen 7000 backlog=4096 so_keepalive=on;',
    'listen [::]:7000 backlog=4096 so_keepalive=on;',
    'access_log /var/log/nginx/chat.access.log keelson;',
    'error_log /var/log/nginx/chat.error.log;',
    'proxy_connect_timeout 2s;',
    'proxy_next_upstream_timeout 10s;',
    'proxy_pass chat;',
    '}',
  ]);
  // nginx is asked first, nobody else may hold the port, and who takes the app's place is told by it.
  const { instructions } = find(all, 'file', path);
  assert.deepEqual(instructions, { '@check': 'nginx', '@serves': ':7000', '@port': '7000' });
});

test('the firewall lets in who comes to that port, as long as nginx listens there', () => {
  assert.deepEqual(lines(textOf(wanted(), '/etc/keelson/filter.d/app-chat.public.nft')), [
    'insert rule inet keelson input tcp dport 7000 accept',
  ]);
});

test('nginx.conf stays as it is: the module’s package, and a file among those of modules', () => {
  const all = wanted();
  assert.deepEqual(names(all), [
    'package libnginx-mod-stream',
    'directory /etc/nginx/keelson-stream.d',
    'file /etc/nginx/modules-enabled/90-keelson-stream.conf',
    `file ${path}`,
    'file /etc/keelson/filter.d/app-chat.public.nft',
  ]);
  const block = textOf(all, '/etc/nginx/modules-enabled/90-keelson-stream.conf');
  assert.match(block, /^stream \{\n[^}]*include \/etc\/nginx\/keelson-stream\.d\/\*\.conf;\n\}$/m);
});

test('the settings are lines of nginx’s', () => {
  const without = new Set(lines(textOf(wanted(), path)));
  const added = (given: object) =>
    lines(textOf(wanted(given), path)).filter((line) => !without.has(line));
  assert.deepEqual(added({ proxyProtocol: true }), ['proxy_protocol on;']);
  assert.deepEqual(added({ proxyProtocol: false }), []);
  assert.deepEqual(added({ sticky: 'address' }), ['hash $remote_addr consistent;']);
  assert.deepEqual(added({ idle: '2h' }), ['proxy_timeout 7200s;']);
});

test('instances that the world reaches need nothing of nginx', () => {
  assert.deepEqual(wanted({ public: 'each' }), []);
});
