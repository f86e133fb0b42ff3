import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instances, noInstances } from '../../../components/app/instances.ts';
import { instances as instancesItem } from '../../../components/host/kinds.ts';
import { chat, context, items, mailer, shop } from '../shop.ts';

test('surplus instances end when nginx has been told: of the site, in the time that the rollout gives', () => {
  const app = shop({ instances: 2, stopTimeout: '20s', rollout: { drain: '5s' } });
  assert.deepEqual(instances.render?.(app, context(app)), {
    site: [instancesItem('shop', [3700, 3701], { type: 'web', drain: 5, stop: 20 })],
  });
});

test('where the world asks them, those of a TCP service are refused to the network too', () => {
  const ending = { type: 'tcp', drain: 30, stop: 15 } as const;
  for (const [given, wanted] of [
    [{}, ending],
    [{ public: 'each' }, { ...ending, open: true }],
  ] as const) {
    const app = chat({ instances: 2, port: 3800, ...given });
    const item = instancesItem('chat', [3800, 3801], wanted);
    assert.deepEqual(instances.render?.(app, context(app)), { site: [item] });
    assert.equal(item.instructions?.['@listen'], 'open' in wanted ? 'public' : undefined);
  }
});

test('those of a worker have nobody to drain', () => {
  const app = mailer({ instances: 2 });
  assert.deepEqual(instances.render?.(app, context(app)), {
    site: [instancesItem('mailer', [1, 2], { type: 'worker', stop: 15 })],
  });
});

test('of an app without any, those that it had end as gently as they would have', () => {
  const [item] = items(noInstances('web').render?.({ name: 'manual' }, {} as never));
  assert.deepEqual(item, {
    ...{ kind: 'instances', name: 'manual', state: { running: '' } },
    instructions: { '@type': 'web', '@drain': '30', '@stop': '15' },
  });
});
