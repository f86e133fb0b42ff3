import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverSchema } from '../../../components/server/components.ts';
import { disks } from '../../../components/server/disks.ts';
import { trixie } from '../shop.ts';

const device = '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0';
const items = disks.render?.({ disks: { '/mnt/uploads': device } }, { facts: trixie }).base ?? [];
const text = (name: string): string => {
  const found = items.find((it) => it.name === `/etc/systemd/system/${name}`);
  assert.ok(found?.content !== undefined, name);
  return found.content;
};

test('a disk is a mount that is enabled and active, after what formats it', () => {
  assert.deepEqual(
    items.map(({ kind, name }) => `${kind} ${name}`),
    [
      'package e2fsprogs',
      'directory /mnt/uploads',
      'file /etc/systemd/system/keelson-format-mnt-uploads.service',
      'file /etc/systemd/system/mnt-uploads.mount',
      'unit mnt-uploads.mount',
    ],
  );
  assert.deepEqual(items.at(-1)?.state, {
    ...{ enabled: 'enabled', active: 'active' },
    fragment: '/etc/systemd/system/mnt-uploads.mount',
  });
  assert.match(text('mnt-uploads.mount'), /^Requires=keelson-format-mnt-uploads\.service$/m);
  assert.match(text('mnt-uploads.mount'), new RegExp(`^What=${device}$`, 'm'));
  assert.match(text('mnt-uploads.mount'), /^Where=\/mnt\/uploads$/m);
});

test('only an empty disk is formatted, by systemd’s own program for that', () => {
  const format = text('keelson-format-mnt-uploads.service');
  assert.match(
    format,
    new RegExp(`^ExecStart=/usr/lib/systemd/systemd-makefs ext4 ${device}$`, 'm'),
  );
  // As `systemd-escape --path --suffix=device` prints it.
  const unit = 'dev-disk-by\\x2did-nvme\\x2dAmazon_Elastic_Block_Store_vol0123456789abcdef0.device';
  assert.ok(format.includes(`\nRequires=${unit}\nAfter=${unit}\n`), format);
});

test('without disks there is nothing of it', () => {
  assert.deepEqual(disks.render?.({}, { facts: trixie }), { base: [] });
});

test('a disk has a lasting name, and a place that is nothing else’s', () => {
  const told = (disks: object) =>
    serverSchema.safeParse({ address: 'a', disks }).error?.issues.map(({ path }) => path.join('.'));
  assert.deepEqual(told({ '/mnt/uploads': '/dev/nvme1n1' }), ['disks./mnt/uploads']);
  for (const path of ['/mnt', '/etc/x', '/mnt/../etc', '/mnt/a-b', 'mnt/a'])
    assert.deepEqual(told({ [path]: device })?.length, 1, path);
  assert.equal(told({ '/srv/media.1/a_b': device }), undefined);
});
