import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentHash } from '../../../components/app/environment.ts';
import { jobHash } from '../../../components/app/job.ts';
import { jobRollout, siteRollout } from '../../../components/app/still.ts';
import {
  cleanup,
  complaints,
  context,
  find,
  items,
  jobComplaints,
  manual,
  release,
} from '../shop.ts';

test('a job moves with its unit and its environment, and says what runs before and after', () => {
  const app = cleanup({ rollout: { before: ['node', 'migrate.js'], hookTimeout: '1m' } });
  assert.deepEqual(find(items(jobRollout.render?.(app, context(app))), 'rollout', 'cleanup'), {
    ...{ kind: 'rollout', name: 'cleanup', state: { current: release.hash } },
    instructions: {
      ...{ '@type': 'job', '@unit': jobHash(app, context(app)) },
      '@environment': environmentHash(app, context(app)),
      ...{ '@before': 'node migrate.js', '@after': '', '@hook': '60', '@kept': '5' },
    },
  });
});

test('a site is asked for by a name that it has, and holds what it needs', () => {
  const app = manual({ root: 'dist', fallback: 'app.html', domains: ['default', '*.a.de'] });
  const { instructions } = find(
    items(siteRollout.render?.(app, context(app))),
    'rollout',
    'manual',
  );
  assert.deepEqual([instructions?.['@host'], instructions?.['@path']], ['www.a.de', '/']);
  assert.equal(instructions?.['@files'], 'dist/index.html dist/app.html');
});

test('there is nothing to start, to watch or to drain', () => {
  const rollout = { start: '60s', batch: 1, drain: '30s' };
  assert.deepEqual(jobComplaints({ rollout }), [
    'rollout Unrecognized keys: "start", "batch", "drain"',
  ]);
  assert.deepEqual(complaints({ type: 'static', rollout }), [' Unrecognized key: "rollout"']);
});
