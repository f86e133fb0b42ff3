/** What is made of the records of a status beside JSON: metrics, the history, and the page with its plots. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplesOf } from './prometheus.ts';
import { now, written } from './status-shell.ts';

/** Records of a host with these apps. */
const records = (...more: readonly (readonly (string | number)[])[]): string =>
  [
    ['at', now],
    ...[
      'host web1 13.2 6.12 1795890000 2 0.12 0.20 0.18 25.0 100.5 8000000000 6000000000 0 0 0',
    ].map((line) => line.split(' ')),
    ...more,
    ['end'],
  ]
    .map((fields) => `${fields.join('\t')}\n`)
    .join('');

/** A record of an instance, by what differs from a healthy one. */
const instance = (app: string, key: number, given: Record<number, string | number> = {}) =>
  Object.values({
    ...{ 1: 'instance', 2: app, 3: key, 4: `${app}@${key}.service`, 5: key, 6: 'active' },
    ...{ 7: 'running', 8: now - 90_000, 9: 90_000, 10: 0, 11: 812, 12: 88_604_672 },
    ...{ 13: 536_870_912, 14: 1.5, 15: 12.3, 16: 'good', 17: now - 20, 18: '' },
    ...given,
  });
const app = (name: string, type = 'web') => ['app', name, type, '4be1f0a2', now - 95_000];
const down = { 6: 'failed', 7: 'failed', 9: '', 11: '', 12: '', 14: '', 15: '', 16: '', 17: '' };

const page = (text: string, history = ''): string =>
  written(text, 'status_page', { 'place/history': history });

/** What a reader sees of a piece of the page. */
const seen = (html: string): string =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&ndash;', '–')
    .replaceAll('\u00a0', ' ')
    .replace(/\s+/g, ' ')
    .trim();

const rows = (html: string): string[] => (html.match(/<tr class.*?<\/tr>/gs) ?? []).map(seen);

test('metrics: one of each figure, in the format of Prometheus', () => {
  const text = written(
    records(
      ...[app('shop'), instance('shop', 3700), instance('shop', 3701, down)],
      ['job', 'nightly', 'nightly.service', 'inactive', now - 60, now - 50, 'exit-code', now + 60],
      ['certificate', '/etc/ssl/"a\\b".pem', now + 86_400, 1],
      ['failed', 'fwupd.service'],
      ['problem', 'x'],
    ),
    'status_metrics',
  );
  const samples = samplesOf(text);
  const of = (name: string) =>
    samples.filter((one) => one.name === `keelson_${name}`).map(({ value }) => value);
  assert.deepEqual(of('instance_up'), [1, 0]);
  assert.deepEqual(of('instance_healthy'), [1]);
  assert.deepEqual(of('instance_memory_bytes'), [88_604_672]);
  assert.deepEqual(of('instance_cpu_seconds_total'), [12.3]);
  assert.deepEqual(samples.find((one) => one.name === 'keelson_job_success')?.labels, {
    app: 'nightly',
    unit: 'nightly.service',
  });
  assert.deepEqual([of('job_success'), of('failed_units'), of('problems')], [[0], [1], [1]]);
  const [certificate] = samples.filter(({ name }) => name.startsWith('keelson_certificate'));
  assert.equal(certificate?.labels.path, '/etc/ssl/"a\\b".pem');
});

test('the history: a line a minute, and no more than a day of them', () => {
  const text = records(
    ...[app('shop'), instance('shop', 3700), instance('shop', 3701), app('docs', 'static')],
  );
  assert.equal(written(text, 'note_history'), `${now}\t0.12\t25.0\t25.0\tshop 3.0 173056\n`);
  const lines = (count: number) =>
    Array.from({ length: count }, (_, index) => `${index}\n`).join('');
  const kept = (count: number) =>
    written('', 'bound_history; wc -l <$STATE/place/history; tail -n 1 $STATE/place/history', {
      'place/history': lines(count),
    });
  assert.equal(kept(1500), '1500\n1499\n');
  assert.equal(kept(1501), '1440\n1500\n');
});

test('states have a word and a shape, and what is not known a dash', () => {
  const html = page(
    records(
      app('shop'),
      instance('shop', 3700),
      instance('shop', 3701, { 16: 'bad', 18: '500, not 200' }),
      instance('shop', 3702, down),
      instance('shop', 3703, { ...down, 6: 'activating', 7: 'auto-restart', 10: 3 }),
      instance('shop', 3704, { 16: '', 17: '' }),
    ),
  );
  assert.deepEqual(rows(html), [
    '3700 healthy 1 d 1 h 0 1.5 % 89 MB of 537 MB',
    '3701 unhealthy 1 d 1 h 0 1.5 % 89 MB of 537 MB',
    '500, not 200',
    '3702 failed – 0 – –',
    '3703 restarting – 3 – –',
    '3704 active 1 d 1 h 0 1.5 % 89 MB of 537 MB',
  ]);
  const shapes = [...html.matchAll(/<tr class="(\w+)">.*?<svg class="shape (\w+)"/g)];
  assert.deepEqual(
    shapes.map(([, row, shape]) => [row, shape]),
    [
      ['ok', 'ok'],
      ['warn', 'warn'],
      ['bad', 'bad'],
      ['warn', 'warn'],
      ['ok', 'ok'],
    ],
  );
});

test('a host on which nothing is deployed, and apps without instances', () => {
  assert.match(seen(page(records())), /No app has been deployed here yet\./);
  const html = seen(
    page(
      records(...[app('docs', 'static'), app('nightly', 'job')], [
        'job',
        'nightly',
        'nightly.service',
        'inactive',
        '',
        '',
        '',
        now + 86_400,
      ]),
    ),
  );
  assert.match(html, /docs static .*It has no instances: nginx serves its files\./);
  assert.match(html, /nightly job .*Last run none yet Next run 2026-11-29 20:40/);
});

test('the title says it, so that a tab does', () => {
  const title = (text: string) => /<title>(.*)<\/title>/.exec(page(text))?.[1];
  assert.equal(title(records()), 'web1: all is well');
  assert.equal(title(records(['problem', 'a'])), 'web1: 1 problem');
  assert.equal(title(records(['problem', 'a'], ['problem', 'b'])), 'web1: 2 problems');
});

test('whatever others wrote is text on the page', () => {
  const evil = `"'><img src=x onerror=alert(1)>&amp;</title>`;
  const html = page(
    records(
      ...[['problem', evil], app('shop', evil), instance('shop', 3700, { 6: evil, 18: evil })],
      ['disk', 1000, 100, 10, 100, 10, 10, evil],
      ['rollout', 'shop', now - 50, evil, evil, 'failed', 'new'],
      ['deploy', 'shop', now - 50, evil, evil, 'failed', 'new'],
      ['repair', now - 50, evil, evil],
      ['certificate', evil, now + 86_400, 1],
      ['failed', evil],
    ).replace('\tweb1\t', `\t${evil}\t`),
  );
  assert.doesNotMatch(html, /<img|alert\(1\)>|x onerror=alert\(1\)"/);
  assert.equal(
    html.split('&quot;&#39;&gt;&lt;img src=x onerror=alert(1)&gt;&amp;amp;&lt;/title&gt;').length -
      1,
    12,
  );
  assert.doesNotMatch(html, / style=| on[a-z]+="/);
});

test('a plot: the mean of ten minutes, from left to right, with a gap where nothing was written', () => {
  const line = (ago: number, cpu: number) => `${now - ago}\t0.10\t${cpu}\t25.0\n`;
  const history = [
    line(90_000, 99),
    ...[line(86_399, 50), line(86_000, 100)],
    line(85_700, 25),
    'torn\t1\n',
    ...[line(60, 0), line(0, 50)],
  ].join('');
  const html = page(records(), history);
  const [, cpu = ''] = /<h3>CPU<\/h3>.*?<path class="line" d="([^"]*)"/.exec(html) ?? [];
  // As high as 100 %; 75 of it, then 25, then half a day of nothing, then 25.
  assert.equal(cpu, 'M0 8.5h1L2 23.5M143 23.5h1');
  assert.match(seen(html), /CPU 25 % 2 cores 0\.0 % to 100 % in the last 24 hours 0\.0 – 100 %/);
});

test('without a history there is none', () => {
  assert.equal(page(records()).match(/no history yet/g)?.length, 3);
});
