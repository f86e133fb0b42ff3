import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sysctl } from '../../../components/host/kinds.ts';
import { kernel, sysctls } from '../../../components/server/kernel.ts';
import { items, textOf, trixie, web1 } from '../shop.ts';

const path = '/etc/sysctl.d/60-keelson.conf';
const render = (sysctl: object = {}) => items(kernel.render?.(web1({ sysctl }), { facts: trixie }));
const live = (sysctl: object = {}) =>
  render(sysctl)
    .filter(({ kind }) => kind === 'sysctl')
    .map(({ name, state }) => `${name} = ${state.value}`);

test('settings are live and on disk', () => {
  const onDisk = textOf(render(), path)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(live(), onDisk);
  assert.deepEqual(live(), [
    'net.core.somaxconn = 8192',
    'net.ipv4.tcp_max_syn_backlog = 8192',
    'net.ipv4.ip_local_port_range = 32768 65535',
    'net.ipv4.tcp_tw_reuse = 2',
  ]);
});

test('the stack file’s take the places of the kit’s, or come after them', () => {
  const given = { 'net.core.somaxconn': 9000, 'vm.swappiness': '10' };
  assert.deepEqual(live(given), [
    ...live().slice(1),
    'net.core.somaxconn = 9000',
    'vm.swappiness = 10',
  ]);
  assert.doesNotMatch(textOf(render(given), path), /somaxconn/);
  const own = kernel.render?.(web1({ sysctl: given }), { facts: trixie }).access ?? [];
  assert.equal(
    textOf(own, '/etc/sysctl.d/61-keelson.conf').replace(/^#.*\n\n/, ''),
    '# From the stack file.\nnet.core.somaxconn = 9000\n\n# From the stack file.\nvm.swappiness = 10\n',
  );
  assert.deepEqual(own.slice(1), [
    sysctl('net.core.somaxconn', '9000'),
    sysctl('vm.swappiness', '10'),
  ]);
});

test('the kit’s own are a network namespace’s, which a container may set; each says why', () => {
  const text = textOf(render(), path);
  for (const { key, reason } of sysctls(web1())) {
    assert.match(key, /^net\./);
    assert.ok(reason.length > 20, key);
    assert.ok(text.includes(`# ${reason}\n${key} = `), key);
  }
});
