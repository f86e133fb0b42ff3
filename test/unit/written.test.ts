/** What stands in a stack file, held against what Pulumi made of it; the values are those of Pulumi 3.259. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, readConfig } from '../../components/config/config.ts';
import { givenFile } from '../../components/config/stack-file.ts';
import { scratchDirectory } from './scratch.ts';

const project = scratchDirectory('written');
mkdirSync(join(project, 'shop'), { recursive: true });
writeFileSync(join(project, 'key'), '');

/** A stack file with these lines below the app, and what Pulumi hands over of them. */
function problems(
  lines: string,
  given: object,
  more = '',
  secrets?: object,
  key = 'secrets',
): readonly string[] {
  const text = `# ours
config:
  keelson:server:
    address: web1.example.com
    user: "admin" # who else
  keelson:apps:
    shop:
      source: shop
      start: server.js
      domains: [shop.example.com, '*.example.org']
${lines}
${more}
encryptionsalt: v1:aes/ZKJWkOg=:v1:UXwdxWoxs146Rily:8gm6v1qlIsO+RNwlOYSkY5sphb4luQ==
`;
  const domains = ['shop.example.com', '*.example.org'];
  const shop = { source: 'shop', start: 'server.js', domains, ...given };
  const values = {
    server: { address: 'web1.example.com', user: 'admin' },
    apps: { shop },
    ...(secrets && { [key]: secrets }),
  };
  try {
    readConfig({
      values,
      encrypted: new Set(secrets ? [key] : []),
      file: { path: 'stacks/Pulumi.x.yaml', text },
    });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
}

const inEnv = (written: string, value: unknown): readonly string[] =>
  problems(`      env:\n        A: ${written}`, { env: { A: value } });

test('a value that is not what its text says is refused, and to be quoted', () => {
  const rows: [string, unknown, string][] = [
    [
      '812345678901234567',
      812345678901234600,
      'a number to YAML, and arrives as 812345678901234600',
    ],
    ['1.10', 1.1, 'a number to YAML, and arrives as 1.1'],
    ['0755', 493, 'a number to YAML, and arrives as 493'],
    ['01099', 1099, 'a number to YAML, and arrives as 1099'],
    ['00', 0, 'a number to YAML, and arrives as 0'],
    ['0_7', 7, 'a number to YAML, and arrives as 7'],
    ['0x1F', 31, 'a number to YAML, and arrives as 31'],
    ['0o17', 15, 'a number to YAML, and arrives as 15'],
    ['0b11', 3, 'a number to YAML, and arrives as 3'],
    ['-017', -15, 'a number to YAML, and arrives as -15'],
    ['1_000', 1000, 'a number to YAML, and arrives as 1000'],
    ['1e3', 1000, 'a number to YAML, and arrives as 1000'],
    ['+5', 5, 'a number to YAML, and arrives as 5'],
    ['-0', -0, 'a number to YAML, and arrives as 0'],
    ['1.0', 1, 'a number to YAML, and arrives as 1'],
    ['.5', 0.5, 'a number to YAML, and arrives as 0.5'],
    ['5.', 5, 'a number to YAML, and arrives as 5'],
    ['&it 1.10', 1.1, 'a number to YAML, and arrives as 1.1'],
    ['1.10 # as it was', 1.1, 'a number to YAML, and arrives as 1.1'],
    ['True', true, 'true or false to YAML, and arrives as true'],
    ['FALSE', false, 'true or false to YAML, and arrives as false'],
    [
      '2024-01-02',
      '2024-01-02 00:00:00 +0000 UTC',
      'a date to YAML, and arrives as "2024-01-02 00:00:00 +0000 UTC"',
    ],
    [
      '2024-01-02T03:04:05Z',
      '2024-01-02 03:04:05 +0000 UTC',
      'a date to YAML, and arrives as "2024-01-02 03:04:05 +0000 UTC"',
    ],
  ];
  for (const [written, value, said] of rows) {
    const shown = written.replace(/^&it | #.*/g, '');
    assert.deepEqual(
      inEnv(written, value),
      [`apps.shop.env.A: ${shown} is ${said}; write it in quotes`],
      written,
    );
    assert.deepEqual(inEnv(`"${shown}"`, shown), [], written);
    assert.deepEqual(inEnv(`'${shown}'`, shown), [], written);
  }
});

test('what Pulumi rewrote already is told where it can be seen', () => {
  assert.deepEqual(inEnv('2024-01-02 00:00:00 +0000 UTC', '2024-01-02 00:00:00 +0000 UTC'), [
    'apps.shop.env.A: 2024-01-02 00:00:00 +0000 UTC is a date that Pulumi rewrote; write it in quotes, as it was meant',
  ]);
  assert.equal(inEnv('8.12345678901234567e+22', Number('8.12345678901234567e+22')).length, 1);
});

test('what arrives as it is written needs no quotes', () => {
  const rows: [string, unknown][] = [
    ['4', 4],
    ['-4', -4],
    ['0', 0],
    ['0.5', 0.5],
    ['true', true],
    ['yes', 'yes'],
    ['12:30:45', '12:30:45'],
    ['24.11.0', '24.11.0'],
    ['198.18.77.2', '198.18.77.2'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['60s', '60s'],
    ['1.10.', '1.10.'],
    ['a\n          b', 'a b'],
    ['|\n          0755', '0755\n'],
    ['!!str 1.10', '1.10'],
    ['"1.10"', '1.10'],
  ];
  for (const [written, value] of rows) assert.deepEqual(inEnv(written, value), [], written);
});

test('lists, flow, anchors and merged mappings are looked at as well', () => {
  const table: [string, object, string[]][] = [
    [
      '      args: [--mode, 0755]',
      { args: ['--mode', 493] },
      ['apps.shop.args.1: 0755 is a number to YAML, and arrives as 493; write it in quotes'],
    ],
    [
      '      env: {A: 1.10, B: "1.10"}',
      { env: { A: 1.1, B: '1.10' } },
      ['apps.shop.env.A: 1.10 is a number to YAML, and arrives as 1.1; write it in quotes'],
    ],
    [
      '      env:\n        A: &one 1.10\n        B: *one',
      { env: { A: 1.1, B: 1.1 } },
      [
        'apps.shop.env.A: 1.10 is a number to YAML, and arrives as 1.1; write it in quotes',
        'apps.shop.env.B: 1.10 is a number to YAML, and arrives as 1.1; write it in quotes',
      ],
    ],
    [
      '      env:\n        <<: {A: 1.10}\n        B: c',
      { env: { A: 1.1, B: 'c' } },
      ['apps.shop.env.A: 1.10 is a number to YAML, and arrives as 1.1; write it in quotes'],
    ],
    [
      '      env:\n        A: own\n        <<: [{A: 1.10, B: c}, {B: 0755}]',
      { env: { A: 'own', B: 'c' } },
      [],
    ],
    [
      '      release: 0123456701',
      { release: 21913025 },
      [
        'apps.shop.release: 0123456701 is a number to YAML, and arrives as 21913025; write it in quotes',
      ],
    ],
  ];
  for (const [lines, given, said] of table) assert.deepEqual(problems(lines, given), said);
});

test('a number stays one in whatever way it is written, but for one with a zero in front', () => {
  assert.deepEqual(problems('      port: 4_300', { port: 4300 }), [
    'apps.shop.port: 4_300 arrives as 4300; write 4300, or the number that was meant',
  ]);
  assert.deepEqual(problems('      port: 010300', { port: 4288 }), [
    'apps.shop.port: 010300 arrives as 4288; write 4288, or the number that was meant',
  ]);
  assert.deepEqual(problems('      keep: 5.0\n      gzip: True', { keep: 5, gzip: true }), []);
});

test('another file than the one that Pulumi read says nothing', () => {
  const text = 'config:\n  keelson:server:\n    address: other\n    user: x\n    port: 0023\n';
  const values = { server: { address: 'web1.example.com', user: 'admin', port: 22 } };
  assert.equal(
    readConfig({ values, encrypted: new Set(), file: { path: 'x', text } }).hosts.length,
    1,
  );
});

test('a secret that is not encrypted is refused beside others that are', () => {
  const more = `  keelson:secrets:
    shop:
      TOKEN:
        secure: v1:5WxS0qTFnq1Dgk7v:Jm3kq1mCwZ0b6c8eQ2p4r7t9
      KEY: hunter2`;
  const secrets = { shop: { TOKEN: 'abc', KEY: 'hunter2' } };
  const said = problems('', {}, more, secrets);
  assert.deepEqual(said, [
    "secrets.shop.KEY: is not encrypted; run pulumi config set --secret --path 'keelson:secrets.shop.KEY', and choose another value where somebody may have read this one",
  ]);
  const [without] = more.split('\n      KEY');
  assert.deepEqual(problems('', {}, without, { shop: { TOKEN: 'abc' } }), []);
  for (const way of ['{ shop: { KEY: hunter2 } }', '{"shop": {"KEY": "hunter2"}}']) {
    const values = { shop: { KEY: 'hunter2' } };
    assert.equal(problems('', {}, `  keelson:secrets: ${way}`, values).length, 1, way);
  }
});

test('the same of a secret of the servers', () => {
  const url = 'https://hooks.slack.com/services/T0/B0/abc';
  const more = `  keelson:serverSecrets:
    telegram:
      secure: v1:5WxS0qTFnq1Dgk7v:Jm3kq1mCwZ0b6c8eQ2p4r7t9
    slack: ${url}`;
  assert.deepEqual(problems('', {}, more, { telegram: '1:a', slack: url }, 'serverSecrets'), [
    "serverSecrets.slack: is not encrypted; run pulumi config set --secret --path 'keelson:serverSecrets.slack', and choose another value where somebody may have read this one",
  ]);
  const [without] = more.split('\n    slack');
  assert.deepEqual(problems('', {}, without, { telegram: '1:a' }, 'serverSecrets'), []);
});

test('the file that Pulumi was given is the one that is read', () => {
  const of = (...args: string[]) => givenFile({ directory: '/srv/infra', args });
  assert.equal(of('pulumi', 'up', '--config-file', 'a.yaml'), '/srv/infra/a.yaml');
  assert.equal(of('pulumi', '--config-file=/etc/a=b.yaml', 'up'), '/etc/a=b.yaml');
  assert.equal(of('pulumi', 'up'), undefined);
  assert.equal(givenFile(undefined), undefined);
});
