/** What changes without other code: which files nginx is given, what a hook did already, how instances listen. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { said } from '../../../tools/lib/pulumi-run.ts';
import { ask } from '../../harness/http.ts';
import { waitFor } from '../../harness/on-host.ts';
import { release } from '../../harness/stack.ts';
import { env, quick, type Shop } from './shop.ts';

/** A directory of static files is part of a release, but none of what its instances run. */
export async function staticFiles(shop: Shop): Promise<void> {
  const source = release(shop.stack, 'static');
  for (const name of ['old', 'new']) {
    mkdirSync(join(source, name), { recursive: true });
    writeFileSync(join(source, name, 'style.css'), `/* ${name} */`);
  }
  shop.configure('static', undefined, { app: { static: { '/assets': 'old' } } });
  await shop.succeed('a release with static files');
  const before = await shop.instances();
  assert.equal((await ask(shop.host, '/assets/style.css')).body, '/* old */');
  shop.configure('static', undefined, { app: { static: { '/assets': 'new' } } });
  await shop.succeed('other static files of the same release');
  assert.equal((await ask(shop.host, '/assets/style.css')).body, '/* new */');
  assert.deepEqual(await shop.instances(), before);
}

const notes = `${env.UPLOADS}/migrations.txt`;

/** A hook runs once for its release; a rollout that is ended takes it along, and leaves no new environment. */
export async function hooksOfOneRelease(shop: Shop): Promise<void> {
  const before = ['dd', 'if=/dev/null', `of=${notes}`];
  const configure = (mark: string, hook: string[], more: object = {}) =>
    shop.configure(mark, undefined, {
      app: { rollout: { ...quick, before: hook }, env: { ...env, ...more } },
    });
  const ran = () => shop.host.exec(`ls ${notes} 2>/dev/null && rm ${notes} || echo none`);
  configure('migrated', before);
  await shop.succeed('a release with a hook');
  assert.equal(await ran(), `${notes}\n`);
  configure('migrated', before, { GREETING: 'Hi' });
  await shop.succeed('another environment');
  assert.equal(await ran(), 'none\n');

  const instances = await shop.instances();
  configure('ended', ['sleep', '60'], { GREETING: 'Bye' });
  const { ended } = shop.stack.start('up');
  await waitFor(
    shop.host,
    'systemctl show -p ActiveState keelson_before@shop | grep -q =activating',
  );
  await shop.host.exec('systemctl stop keelson-rollout-shop');
  assert.match(said(await ended), /rollout shop was ended from outside/);
  assert.deepEqual(await shop.instances(), instances);
  assert.match(await shop.host.exec('cat /etc/keelson/shop/environment'), /^GREETING="Hi"$/m);
  assert.equal(
    await shop.host.exec('systemctl list-units --plain --no-legend "keelson?*shop*"'),
    '',
  );

  configure('migrated', before);
  await shop.succeed('back to the release whose hook ran');
  assert.equal(await ran(), 'none\n');
}

/** systemd gives the port back when the first release that gets it from a socket fails. */
export async function failingSocket(shop: Shop): Promise<void> {
  const before = await shop.releases();
  shop.configure('socket-first', 'exit', { app: { listen: 'socket', instances: 1 } });
  await shop.fail(
    'a release that fails on its way to a socket',
    /3700 on \w{8} (exited with status 1|ended, and was started again|ends again and again)/,
  );
  assert.deepEqual(await shop.releases(), before);
}
