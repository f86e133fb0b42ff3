import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unit } from '../../../components/host/kinds.ts';
import { updates } from '../../../components/server/updates.ts';
import { find, items, lines, names, textOf, trixie, web1 } from '../shop.ts';

const render = (given?: unknown) =>
  items(updates.render?.(web1(given === undefined ? {} : { updates: given }), { facts: trixie }));
const apt = (given?: unknown) =>
  textOf(render(given), '/etc/apt/apt.conf.d/60keelson')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('//'));

test('security updates of Debian alone are installed, and nothing is rebooted', () => {
  assert.deepEqual(apt(), [
    'APT::Periodic::Enable "1";',
    'APT::Periodic::Update-Package-Lists "1";',
    'APT::Periodic::Unattended-Upgrade "1";',
    '#clear Unattended-Upgrade::Allowed-Origins;',
    '#clear Unattended-Upgrade::Origins-Pattern;',
    'Unattended-Upgrade::Origins-Pattern {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of unattended-upgrades
    '"origin=Debian,codename=${distro_codename}-security,label=Debian-Security";',
    '};',
    'Unattended-Upgrade::Package-Blacklist {',
    '};',
    'Unattended-Upgrade::MinimalSteps "true";',
    'Unattended-Upgrade::Automatic-Reboot "false";',
  ]);
});

test('origins, packages that stay, and the hour of a reboot', () => {
  const given = { from: ['stable', 'origin=NodeSource'], exclude: ['libstdc++6'], reboot: '04:45' };
  const said = apt(given);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of unattended-upgrades
  const stable = '"origin=Debian,codename=${distro_codename},label=Debian";';
  const wanted = [stable, '"origin=NodeSource";', '"^libstdc[+][+]6$";'];
  assert.deepEqual(
    wanted.filter((line) => !said.includes(line)),
    [],
  );
  assert.deepEqual(said.slice(-3), [
    'Unattended-Upgrade::Automatic-Reboot "true";',
    'Unattended-Upgrade::Automatic-Reboot-WithUsers "true";',
    'Unattended-Upgrade::Automatic-Reboot-Time "04:45";',
  ]);
});

test('the timer of Debian’s runs at the hour, and what follows is started after each run', () => {
  const all = render({ at: '02:15' });
  const dropin = (type: string) =>
    lines(textOf(all, `/etc/systemd/system/apt-daily-upgrade.${type}.d/keelson.conf`));
  assert.deepEqual(dropin('timer'), [
    '[Timer]',
    'OnCalendar=',
    'OnCalendar=*-*-* 02:15',
    'RandomizedDelaySec=30min',
  ]);
  assert.deepEqual(dropin('service').slice(0, 3), [
    '[Unit]',
    'OnSuccess=keelson-updated.service',
    'OnFailure=keelson-updated.service',
  ]);
  assert.deepEqual(
    find(all, 'unit', 'apt-daily-upgrade.timer'),
    unit('apt-daily-upgrade.timer', { enabled: 'enabled', active: 'active', change: 'restart' }),
  );
});

test('switched off there is nothing of it', () => assert.deepEqual(names(render(false)), []));
