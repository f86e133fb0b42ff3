import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retry } from '../../../components/server/retry.ts';
import { run } from '../rollout-shell.ts';
import { lines, names, textOf, trixie } from '../shop.ts';

const base = [...(retry.render?.({}, { facts: trixie }).base ?? [])];

test('a timer for each unit that failed, ten minutes later and once for each time', () => {
  assert.deepEqual(names(base), [
    'file /etc/systemd/system/keelson-retry@.service',
    'file /etc/systemd/system/keelson-retry@.timer',
  ]);
  const timer = lines(textOf(base, '/etc/systemd/system/keelson-retry@.timer'));
  assert.ok(timer.includes('OnActiveSec=10min'));
  assert.ok(timer.includes('RemainAfterElapse=no'));
  const service = lines(textOf(base, '/etc/systemd/system/keelson-retry@.service'));
  assert.ok(service.includes('ExecStart=/usr/local/sbin/keelson retry %i'));
});

/** What systemd is told of an instance in a state, of a target in a state. */
const told = (instance: string, target: string, unit = 'shop@3700.service') =>
  run(`systemctl() {
      case $* in
        *is-failed*) [ ${instance} = failed ] ;;
        *is-active*) [ ${target} = active ] ;;
        *"PartOf --value shop@"*) echo shop.target ;;
        *PartOf*) echo ;;
        *) echo "$*" ;;
      esac
    }
    retry_unit ${unit}`)
    .trim()
    .replaceAll('--no-pager ', '');

test('what is failed is started again, as often as at first', () => {
  const both = (unit: string) => `reset-failed ${unit}\nstart --no-block ${unit}`;
  assert.equal(told('failed', 'active'), both('shop@3700.service'));
  assert.equal(told('failed', 'inactive', 'nginx.service'), both('nginx.service'));
});

test('but not what runs by then, nor what somebody has stopped', () => {
  assert.equal(told('active', 'active'), '');
  assert.equal(told('failed', 'inactive'), '');
});

test('what a rollout brought back needs no other try, what is failed still does', () => {
  const said = run(`app=shop
    systemctl() {
      case $* in
        *list-units*) echo 'shop@3701.service loaded failed failed shop on port 3701' ;;
        *) echo "$*" ;;
      esac
    }
    forget_tries '3700 3701 mail@1'`);
  assert.equal(
    said.trim(),
    '--no-pager stop keelson-retry@shop@3700.service.timer keelson-retry@shop-mail@1.service.timer',
  );
});
