import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domains, namesOf } from '../../../components/app/domains.ts';
import { manual, shop, web1 } from '../shop.ts';

test('a domain belongs to one app, of whatever type', () => {
  const told = (...apps: (ReturnType<typeof shop> | ReturnType<typeof manual>)[]) =>
    domains.conflicts?.(apps, { server: web1(), secrets: {} });
  const blog = { ...shop({ domains: ['blog.example.com', 'shop.example.com'] }), name: 'blog' };
  assert.deepEqual(told(shop(), blog), [
    'apps.blog.domains.1: "shop.example.com" belongs to apps.shop; name each domain once',
  ]);
  const aliased = shop({ redirectFrom: ['www.shop.example.com', 'shop.example.com'] });
  assert.deepEqual(told(aliased), [
    'apps.shop.redirectFrom.1: "shop.example.com" belongs to apps.shop; name each domain once',
  ]);
  assert.deepEqual(told(shop(), manual({ domains: ['shop.example.com'] })), [
    'apps.manual.domains.0: "shop.example.com" belongs to apps.shop; name each domain once',
  ]);
});

test('a site for whoever asks has a name that nobody can ask for', () => {
  assert.deepEqual(namesOf({ domains: ['default'] }), { default: true, names: '_' });
  assert.deepEqual(namesOf({ domains: ['a.de', 'b.de'] }), { default: false, names: 'a.de b.de' });
});
