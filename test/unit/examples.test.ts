/** The example environments in stacks/, rendered for hosts of fixed facts. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { before, test } from 'node:test';
import { readConfig } from '../../components/config/config.ts';
import { renderHost } from '../../components/config/render.ts';
import { readStackFile } from '../../components/config/stack-on-disk.ts';
import { release, trixie } from './shop.ts';

before(() => process.chdir(resolve(import.meta.dirname, '../..')));

/** Of each server of a stack its manifests, and what of their items the example is about. */
const rendered = (stack: string, wanted: RegExp) =>
  readConfig(readStackFile(`stacks/Pulumi.${stack}.yaml`)).hosts.map((host) => {
    const releases = Object.fromEntries(host.apps.map(({ name }) => [name, release]));
    const manifests = renderHost(host, { ...trixie, cores: 2 }, releases);
    const items = JSON.stringify(manifests.flatMap(({ items }) => items)).replaceAll('\\', '');
    const names = manifests.map(({ name }) => name).filter((name) => name.startsWith('app-'));
    return [host.name, ...names, ...new Set(items.match(wanted))];
  });

test('staging: one server with all apps, of which nobody is woken', () => {
  const wanted = /LOG_LEVEL="?\w+|MemoryMax=(?!256M)\d+[MG]|ops@[\w.]+/g;
  assert.deepEqual(rendered('staging', wanted), [
    ['server', 'app-shop', 'app-mailer', 'MemoryMax=512M', 'LOG_LEVEL="debug', 'MemoryMax=1G'],
  ]);
});

test('production: the shop on two servers, of which one is bigger, and the mailer apart', () => {
  const wanted = /LOG_LEVEL="?\w+|MemoryMax=(?!256M)\d+[MG]|ops@[\w.]+|set_real_ip_from [\d./]+/g;
  const all = ['set_real_ip_from 10.0.0.0/8', 'ops@example.com'];
  assert.deepEqual(rendered('production', wanted), [
    ['web1', 'app-shop', ...all, 'MemoryMax=1G', 'LOG_LEVEL="info'],
    ['web2', 'app-shop', ...all, 'MemoryMax=2G', 'LOG_LEVEL="info'],
    ['jobs', 'app-mailer', 'ops@example.com', 'MemoryMax=1G'],
  ]);
});

test('production: instances are as many as the cores, and on one server as many as it says', () => {
  const count = (line: string[]) => line.filter((word) => word.startsWith('shop@')).length;
  assert.deepEqual(rendered('production', /shop@\d+/g).map(count), [2, 8, 0]);
});
