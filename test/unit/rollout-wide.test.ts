/** What an app that listens on more than the loopback is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

const wide = `warn rollout shop: it listens on all addresses; the packet filter closes its ports to the network, but let it listen at HOST, as in listen(PORT, HOST)\n`;
const other = (where: string) =>
  `warn rollout shop: it listens on ${where} too, which is open to the network but for a firewall; let it listen on 127.0.0.1 there, or close the port\n`;

/** What is said, one rollout after another, where ss and the process name these addresses. */
const told = (...rollouts: [ss: string, addresses?: string][]): string =>
  run(`type=web listen=port main=7
    addresses_of() { [ "$1" = 7 ] && echo "$addresses"; }
    ${rollouts
      .map(
        ([ss, addresses = '']) =>
          `listeners='LISTEN 0 511 ${ss} 0.0.0.0:*' addresses='${addresses}'; say_wide 3700`,
      )
      .join('\n')}`);

test('an app that listens on all addresses is told so once', () => {
  for (const address of ['*:3700', '0.0.0.0:3700', '[::]:3700']) {
    assert.equal(told([address, address]), wide);
    assert.equal(told([address], [address]), wide);
    assert.equal(told([address], ['127.0.0.1:3700'], [address]), wide + wide);
  }
  assert.equal(told(['127.0.0.1:3700', '127.0.0.1:3700'], ['[::1]:3700', '[::1]:3700']), '');
  assert.equal(told(['127.0.0.1:13700'], ['*:37000']), '');
});

test('and so is one that is open to the network elsewhere', () => {
  const addresses = '127.0.0.1:3700\n*:9229\n[::1]:9000\n10.0.0.7:80';
  assert.equal(told(['127.0.0.1:3700', addresses]), other('*:9229, 10.0.0.7:80'));
  assert.equal(
    told(['*:3700', '*:3700'], ['*:3700', '*:3700\n*:9229']),
    wide + wide + other('*:9229'),
  );
});

test('but none that listens nowhere, or at a socket of systemd’s', () => {
  for (const settings of ['type=worker', 'listen=socket'])
    assert.equal(
      run(`type=web listen=port main=7 listeners=' *:3700 '; ${settings}; say_wide 3700`),
      '',
    );
  assert.equal(run(`type=web listen=port main='' listeners=''; say_wide 3700`), '');
});
