import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRules } from '../../../components/aws/rules.ts';

test('a rule has five names at most, and the names of one app alone', () => {
  const names = Array.from({ length: 7 }, (_, index) => `n${index}.example.com`);
  assert.deepEqual(
    hostRules({ shop: names, blog: ['blog.example.com'] }).map(({ app, names }) => [app, names]),
    [
      ['shop', names.slice(0, 5)],
      ['shop', names.slice(5)],
      ['blog', ['blog.example.com']],
    ],
  );
});

test('exact names are asked before those with an asterisk, and of these the longer ones', () => {
  const rules = hostRules({
    all: ['*.example.com', 'a.example.com'],
    some: ['*.b.example.com', 'c.b.example.com'],
  });
  const order = rules.toSorted((a, b) => a.priority - b.priority).flatMap(({ names }) => names);
  assert.deepEqual(order.slice(2), ['*.b.example.com', '*.example.com']);
  assert.ok(rules.every(({ priority }) => priority >= 1 && priority <= 50_000));
});

test('a rule keeps its number when other apps come and go', () => {
  const [alone] = hostRules({ shop: ['shop.example.com'] });
  const beside = hostRules({ blog: ['blog.example.com'], shop: ['shop.example.com'] });
  assert.deepEqual(beside[1], alone);
});

test('no two rules have one number', () => {
  const apps = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [`app${index}`, [`n${index}.example.com`]]),
  );
  const numbers = hostRules(apps).map(({ priority }) => priority);
  assert.equal(new Set(numbers).size, 400);
});
