import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { heartbeat } from '../../../components/app/heartbeat.ts';
import { cleanup, items, textOf, web1 } from '../shop.ts';

const unitOf = (instance: string) =>
  textOf(
    items(heartbeat.render?.(cleanup({ heartbeat: 'BEAT' }), {} as never)),
    `/etc/systemd/system/keelson_heartbeat@${instance}.service`,
  );

/** What curl is told by the command of a unit, of which systemd takes `$$` for `$`, `%%` for `%`, and `\\"` for `"`. */
function told(unit: string, url = 'https://hc.example/a?b'): string {
  const [, command = ''] = /^ExecStart=-\/bin\/sh -c '(.*)'$/m.exec(unit) ?? [];
  const script = command.replaceAll('$$', '$').replaceAll('%%', '%').replace(/\\(.)/g, '$1');
  const env = { PATH: process.env.PATH, BEAT: url };
  const args = ['-c', script.replace('exec curl', 'cat; echo curl')];
  return spawnSync('sh', args, { env, encoding: 'utf8' }).stdout;
}

test('the URL is asked for as it is when a run ended well, and with /fail behind its path when not', () => {
  assert.match(told(unitOf('cleanup')), /^url = "https:\/\/hc\.example\/a\?b"\ncurl?/);
  assert.match(told(unitOf('cleanup.failed')), /^url = "https:\/\/hc\.example\/a\/fail\?b"\n/);
  const plain = 'https://hc.example/a';
  assert.match(told(unitOf('cleanup'), plain), /^url = "https:\/\/hc\.example\/a"\n/);
  assert.match(told(unitOf('cleanup.failed'), plain), /^url = "https:\/\/hc\.example\/a\/fail"\n/);
});

test('it is asked again, but not for ever, and no run fails for it', () => {
  const unit = unitOf('cleanup');
  assert.match(unit, /^ExecStart=-/m);
  assert.match(unit, /--max-time 10 --retry 5 --retry-connrefused --retry-max-time 120/);
  assert.doesNotMatch(unit, /https:/);
});

test('a job without one has no such unit', () => {
  assert.deepEqual(heartbeat.render?.(cleanup(), {} as never), {});
});

test('it names a secret of the job that holds a URL', () => {
  const job = cleanup({ heartbeat: 'BEAT' });
  const complaints = (secrets: Record<string, string>) =>
    heartbeat.conflicts?.([job], { server: web1(), secrets: { cleanup: secrets } });
  const remedy = "run pulumi config set --secret --path 'keelson:secrets.cleanup.BEAT'";
  assert.deepEqual(complaints({}), [
    `apps.cleanup.heartbeat: BEAT is no secret of cleanup; ${remedy}`,
  ]);
  for (const bad of [
    'hc.example/a',
    'ftp://a',
    'https://a/"\nurl = "file:///etc/shadow',
    'https://a\\',
  ])
    assert.deepEqual(complaints({ BEAT: bad }), [
      `apps.cleanup.heartbeat: BEAT holds no URL that can be asked; ${remedy}`,
    ]);
  // As it is read without Pulumi, it is one.
  for (const good of ['https://hc.example/a', '[secret]'])
    assert.deepEqual(complaints({ BEAT: good }), []);
});
