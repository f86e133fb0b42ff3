import assert from 'node:assert/strict';
import { test } from 'node:test';
import { template } from '../../components/lib/template.ts';

const view = { size: '1G', free: '1G', retention: 1, lineMax: [] };

test('a template fails on a name without a value', () => {
  assert.match(template('server/journald.conf', view), /^SystemMaxUse=1G$/m);
  assert.throws(() => template('server/journald.conf', { size: '1G', free: '1G', lineMax: [] }), {
    message: 'files/server/journald.conf.mustache: {{retention}} has no value',
  });
});

test('and on a value that breaks its line', () => {
  assert.throws(
    () => template('server/journald.conf', { ...view, size: '1G\nStorage=none' }),
    /journald\.conf\.mustache: "1G\\nStorage=none" holds a control character/,
  );
});
