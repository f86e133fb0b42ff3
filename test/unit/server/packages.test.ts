import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packages } from '../../../components/server/packages.ts';
import { names, trixie, web1 } from '../shop.ts';

const render = (given: object = {}) =>
  names(packages.render?.(web1(given), { facts: trixie }).base ?? []);

test('what the kit’s own work on a host needs', () => {
  assert.deepEqual(
    render(),
    'acl attr ca-certificates curl e2fsprogs iproute2 nftables procps'
      .split(' ')
      .map((name) => `package ${name}`),
  );
});

test('and what the stack file asks for besides, once each', () => {
  const given = render({ packages: ['imagemagick', 'curl'] });
  assert.deepEqual(
    given.filter((name) => !render().includes(name)),
    ['package imagemagick'],
  );
  assert.equal(new Set(given).size, given.length);
});
