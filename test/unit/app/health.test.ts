import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostHeader } from '../../../components/app/health.ts';
import { complaints, shop } from '../shop.ts';

test('an instance is asked by a name that its site answers to', () => {
  assert.equal(hostHeader(['default']), 'localhost');
  assert.equal(hostHeader(['default', '*.example.com', '*.a.de']), 'www.example.com');
  assert.equal(hostHeader(['*.example.com', 'a.de']), 'a.de');
  assert.equal(hostHeader(['default', 'www.example.com', 'a.de']), 'www.example.com');
});

test('the health path may carry a query, and is / by default', () => {
  assert.equal(shop().health, '/');
  assert.equal(shop({ health: '/up?deep=1' }).health, '/up?deep=1');
  assert.match(complaints({ start: 'a.js', health: 'up' }).join(), /is not a request path/);
});
