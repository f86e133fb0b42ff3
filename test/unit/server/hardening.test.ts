import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Facts } from '../../../components/host/facts.ts';
import type { Item } from '../../../components/host/item.ts';
import { hardening, isHardened, unusedModules } from '../../../components/server/hardening.ts';
import { lines, textOf, trixie, web1 } from '../shop.ts';

const render = (given: object = {}, facts: Partial<Facts> = {}) =>
  hardening.render?.(web1(given), { facts: { ...trixie, ...facts } }) ?? {};
const live = (all: readonly Item[] = []) =>
  all.filter(({ kind }) => kind === 'sysctl').map(({ name, state }) => `-${name} = ${state.value}`);

test('settings are live and on disk, those of the network where they can be taken back', () => {
  const { base = [], access = [] } = render();
  assert.deepEqual(live(base), lines(textOf(base, '/etc/sysctl.d/60-keelson-hardening.conf')));
  assert.deepEqual(live(access), lines(textOf(access, '/etc/sysctl.d/60-keelson-network.conf')));
  assert.ok(live(base).every((line) => !line.startsWith('-net.')));
  assert.ok(live(access).every((line) => line.startsWith('-net.')));
  assert.ok(live(base).length > 5 && live(access).length > 10);
});

test('what the stack file sets itself is left to it', () => {
  const sysctl = { 'kernel.yama.ptrace_scope': 0, 'net.ipv4.tcp_syncookies': 0 };
  const { base, access } = render({ sysctl });
  assert.doesNotMatch([...live(base), ...live(access)].join(), /ptrace_scope|tcp_syncookies/);
});

test('a container has settings of the network alone', () => {
  const { base = [], access } = render({}, { container: 'yes' });
  assert.deepEqual(live(base), []);
  assert.ok(live(access).length > 10);
  assert.ok(!base.some(({ name }) => name.includes('sysctl')));
});

test('modules that somebody uses are not among those that cannot be loaded', () => {
  const text = (modules?: string) =>
    textOf(render({}, modules ? { modules } : {}).base ?? [], '/etc/modprobe.d/keelson.conf');
  assert.match(text(), /^install sctp \/bin\/false$/m);
  assert.doesNotMatch(text('sctp can'), /^install (sctp|can) /m);
  assert.match(text('sctp can'), /^install dccp /m);
});

test('disks by USB are for machines that people stand beside', () => {
  const text = (facts: Partial<Facts>) =>
    textOf(render({}, facts).base ?? [], '/etc/modprobe.d/keelson.conf');
  assert.match(text({ virtual: 'yes' }), /^install usb_storage \/bin\/false$/m);
  assert.doesNotMatch(text({}), /usb_storage|uas/);
  assert.doesNotMatch(text({ virtual: 'yes', modules: 'uas' }), / uas /);
});

test('what can be switched off by itself leaves the rest as it is', () => {
  assert.deepEqual(render({ hardening: { verify: false } }), render());
  const parts = ['passwords', 'verify'] as const;
  const on = (hardening: unknown) => parts.filter((part) => isHardened(web1({ hardening }), part));
  assert.deepEqual(on(true), parts);
  assert.deepEqual(on({ verify: false }), ['passwords']);
  assert.deepEqual(on({ passwords: false }), ['verify']);
  assert.deepEqual(on(false), []);
});

test('the host tells of the same modules', () => {
  const script = readFileSync(new URL('../../../files/host/facts.sh', import.meta.url), 'utf8');
  assert.equal(/^RARE_MODULES='(.*)'$/m.exec(script)?.[1], unusedModules.join(' '));
});

test('switched off there is nothing of it', () =>
  assert.deepEqual(render({ hardening: false }), {}));
