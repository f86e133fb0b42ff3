import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { planOf } from '../../../tools/review/plan.ts';
import { readPreview } from '../../../tools/review/preview.ts';
import { command, commandUrn, previewOf, resource, say } from './preview-of.ts';

test('rows are sorted by server, drift apart from changes, each with its lines', () => {
  const message =
    '! file /a content (drift)\n    -old\n~ file /a content (change)\n    -x\n    +y\n- user u (gone)\n';
  const { parts, errors } = planOf(
    previewOf({
      steps: [command('web2', 'base'), command('web10', 'base')],
      diagnostics: [
        say('~ file /b mode 0600 → 0644 (change)\n', commandUrn('web10-base')),
        say(message, commandUrn('web2-base')),
      ],
    }),
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(parts, [
    {
      server: 'web2',
      drift: [{ text: '! file /a content (drift)', lines: ['-old'] }],
      changes: [
        { text: '~ file /a content (change)', lines: ['-x', '+y'] },
        { text: '- user u (gone)', lines: [] },
      ],
      notes: [],
    },
    {
      server: 'web10',
      drift: [],
      changes: [{ text: '~ file /b mode 0600 → 0644 (change)', lines: [] }],
      notes: [],
    },
  ]);
});

test('a resource without a row is told by what is done with it; what stays, components and providers are not', () => {
  const instance = 'aws:ec2/instance:Instance';
  const { parts } = planOf(
    previewOf({
      steps: [
        command('web1', 'site-shop'),
        command('web1', 'base', 'same'),
        resource(instance, 'web1'),
        { ...resource(instance, 'web2', {}, 'replace'), replaceReasons: ['ami'] },
        { ...resource(instance, 'web2', {}, 'create-replacement'), replaceReasons: ['ami'] },
        { ...resource(instance, 'web3', {}, 'update'), diffReasons: ['tags', 'instanceType'] },
        resource('pulumi:providers:aws', 'default'),
        {
          ...{ op: 'delete', urn: 'urn:pulumi:p::keelson::aws:s3/bucket:Bucket::old' },
          oldState: { type: 'aws:s3/bucket:Bucket', custom: true, inputs: {} },
        },
        {
          ...{ op: 'create', urn: 'urn:pulumi:p::keelson::keelson:index:Host::web1' },
          newState: { type: 'keelson:index:Host', custom: false, inputs: {} },
        },
      ],
    }),
  );
  const told = parts.map(({ server, changes }) => [server, changes.map(({ text }) => text)]);
  assert.deepEqual(told, [
    ['web1', ['~ web1-site-shop (update)']],
    [
      undefined,
      [
        `+ ${instance} web1 (create)`,
        `± ${instance} web2 (replace: ami)`,
        `~ ${instance} web3 (update: tags, instanceType)`,
        '- aws:s3/bucket:Bucket old (delete)',
      ],
    ],
  ]);
});

test('one server’s name may begin like another’s', () => {
  const { parts } = planOf(
    previewOf({
      steps: [command('web', 'base'), command('web-1', 'base')],
      diagnostics: [
        say('! user a shell x → y (drift)', commandUrn('web-1-base')),
        // Of an upload, which has no command.
        say('what an upload says', commandUrn('web-1-code').replace('Command', 'CopyToRemote')),
      ],
    }),
  );
  assert.deepEqual(
    parts.map(({ server, drift, notes }) => [server, drift.length, notes]),
    [
      ['web', 0, []],
      ['web-1', 1, ['what an upload says']],
    ],
  );
});

test('errors are told as such, and what is no JSON is a preview without a plan', (t) => {
  const { errors } = planOf(
    previewOf({ diagnostics: [say('error: no way in\n', undefined, 'error')] }),
  );
  assert.deepEqual(errors, ['error: no way in']);
  const directory = mkdtempSync(join(tmpdir(), 'keelson-preview-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const text of ['', 'error: no stack named', '{"steps": 1}']) {
    writeFileSync(join(directory, 'staging.json'), text);
    const { stack, hasPlan } = readPreview(join(directory, 'staging.json'));
    assert.deepEqual([stack, hasPlan], ['staging', false]);
  }
});
