import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { serverComponents } from '../../../components/server/components.ts';
import { web1 } from '../shop.ts';

test('the smallest server is an address; everything else has a default', () => {
  assert.deepEqual(web1(), {
    name: 'web1',
    address: 'web1.example.com',
    packages: [],
    openFiles: 524288,
    sysctl: {},
    sshd: {},
    hardening: true,
    ntp: [],
    updates: { from: ['security'], exclude: [], at: '04:00', reboot: 'never' },
    takeOver: false,
    firewall: { open: [], close: [], trust: [], ssh: { rate: 60 } },
    journal: { size: '1G', free: '1G', retention: 30 * 86400 },
    nginx: {
      connections: 4096,
      headerSize: '16K',
      logs: 14,
      accessLog: 'text',
      balancers: [],
      sandbox: true,
    },
    monit: { interval: 10, disk: '90%', memory: '90%', load: 4 },
  });
});

test('each component has a file of its name, a test of its name, and a place in the registry', () => {
  const without = ['certificate.ts', 'channels.ts', 'component.ts', 'components.ts', 'https.ts'];
  const files = readdirSync(new URL('../../../components/server/', import.meta.url));
  const tests = readdirSync(new URL('.', import.meta.url));
  const all = serverComponents.map(({ name }) => name).sort();
  assert.deepEqual(
    files.filter((name) => !without.includes(name)).sort(),
    all.map((name) => `${name}.ts`),
  );
  for (const name of all) assert.ok(tests.includes(`${name}.test.ts`), name);
});
