/** Stack files that extend others: how they are merged, and what is said of one that is wrong. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { type Config, ConfigError, readConfig } from '../../components/config/config.ts';
import { scratchDirectory } from './scratch.ts';

const project = scratchDirectory('extends');
mkdirSync(join(project, 'shop'));
mkdirSync(join(project, 'stacks/more'), { recursive: true });

type Values = Record<string, unknown>;

/** A stack file with these values, as Pulumi hands them over. */
function read(values: Values, encrypted: string[] = []): Config {
  const config = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `keelson:${key}`,
      encrypted.includes(key) ? { shop: { TOKEN: { secure: 'v1:abc' } } } : value,
    ]),
  );
  const file = { path: 'stacks/Pulumi.x.yaml', text: stringify({ config }) };
  return readConfig({ values, encrypted: new Set(encrypted), file });
}

function problems(values: Values, encrypted?: string[]): readonly string[] {
  try {
    read(values, encrypted);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
}

const write = (name: string, text: string) => writeFileSync(join(project, 'stacks', name), text);

const shared = `config:
  keelson:server:
    user: admin
    nginx: { logs: 7 }
  keelson:apps:
    shop:
      source: shop
      start: server.js
      domains: [shop.example.com, www.example.com]
      env: { LEVEL: info, COLOR: green }
`;

const stack = (more: Values = {}): Values => ({
  extends: 'shared.yaml',
  server: { address: 'web1.example.com' },
  ...more,
});

/** What came of it, as far as the tests change it. */
const outcome = ({ hosts }: Config) =>
  hosts.map(({ name, server, apps }) => ({
    ...{ name, user: server.user, logs: server.nginx.logs },
    apps: apps.map((app) => [app.name, 'domains' in app && app.domains, 'env' in app && app.env]),
  }));

test('mappings are merged, lists and values replaced, null takes out', () => {
  write('shared.yaml', shared);
  const apps = { shop: { domains: ['x.example.com'], env: { LEVEL: 'debug', COLOR: null } } };
  const server = { address: 'x.example.com', nginx: { connections: 512 } };
  assert.deepEqual(outcome(read(stack({ apps, server }))), [
    {
      ...{ name: 'server', user: 'admin', logs: 7 },
      apps: [['shop', ['x.example.com'], { LEVEL: 'debug' }]],
    },
  ]);
});

test('a stack of several servers shares the same file', () => {
  const { server: _, ...rest } = stack();
  const servers = { web1: { address: 'a.de' }, web2: { address: 'b.de', user: 'root' } };
  assert.deepEqual(
    outcome(read({ ...rest, servers })).map(({ name, user }) => [name, user]),
    [
      ['web1', 'admin'],
      ['web2', 'root'],
    ],
  );
});

test('null takes out a server, or an app, that the shared file has', () => {
  const servers = '  keelson:servers: { web1: { address: a.de }, web2: { address: b.de } }\n';
  write('two.yaml', shared + servers);
  const { hosts } = read({ extends: 'two.yaml', servers: { web1: null }, apps: { shop: null } });
  assert.deepEqual(
    hosts.map(({ name, apps }) => [name, apps]),
    [['web2', []]],
  );
});

test('files extend others beside them, each counts once, later ones win', () => {
  const user = (name: string, more = '') => `config:\n${more}  keelson:server: { user: ${name} }\n`;
  write('more/base.yaml', `${shared}  keelson:rollout: { servers: 2 }\n`);
  write('a.yaml', user('a', '  keelson:extends: more/base.yaml\n'));
  write('more/b.yaml', `config: { keelson:extends: base.yaml, keelson:drift: ignore }\n`);
  const { drift, rollout, hosts, pins } = read(stack({ extends: ['a.yaml', 'more/b.yaml'] }));
  assert.deepEqual([drift, rollout.servers, hosts[0]?.server.user], ['ignore', 2, 'a']);
  assert.equal(pins, 'stacks/node.json');
  const [host] = read(stack({ extends: ['more/b.yaml', 'a.yaml'] })).hosts;
  assert.equal(host?.server.user, 'a');
});

test('anchors and merge keys are YAML as in a stack file', () => {
  write(
    'shared.yaml',
    `${shared}    blog: { <<: *shop, domains: [blog.example.com], port: 4300 }\n`.replace(
      'shop:\n',
      'shop: &shop\n',
    ),
  );
  const [host] = read(stack()).hosts;
  assert.deepEqual(
    host?.apps.map(({ name, source }) => [name, source]),
    [
      ['shop', 'shop'],
      ['blog', 'shop'],
    ],
  );
});

/** What is wrong with the stack file above when the shared file is as follows. */
const rows: [string, string, readonly string[]][] = [
  [
    'a wrong value, in the file and on the line where it is',
    shared.replace('start: server.js', 'start: server.js\n      port: 80'),
    ['stacks/shared.yaml:9: apps.shop.port: 80 is below 1024; choose 1024 to 65535'],
  ],
  [
    'a key that is none',
    shared.replace('env:', 'envv:'),
    ['stacks/shared.yaml:10: apps.shop.envv: is not a setting; did you mean env?'],
  ],
  [
    'a setting of no stack',
    shared.replace('keelson:apps', 'keelson:aps'),
    ['stacks/shared.yaml:5: aps: is not a setting; did you mean apps?'],
  ],
  [
    'a key without keelson',
    shared.replace('keelson:apps', 'apps'),
    ['stacks/shared.yaml:5: apps: has no namespace; write keelson:apps'],
  ],
  [
    'a list where the stack file has a mapping over it',
    'config:\n  keelson:server: [admin]\n',
    ['stacks/shared.yaml:2: server: a list does not fit; write a mapping'],
  ],
  [
    'a key with nothing below it',
    `${shared}  keelson:rollout:\n`,
    ['stacks/shared.yaml:11: rollout: is empty; write what is shared, or remove the line'],
  ],
  [
    'an alias of nothing',
    shared.replace('start: server.js', 'start: *script'),
    ['stacks/shared.yaml:8: is no YAML here: nothing has the anchor &script; mend it'],
  ],
  [
    'two documents',
    `${shared}---\nconfig: {}\n`,
    ['stacks/shared.yaml:11: is no YAML here: a second document begins; mend it'],
  ],
  [
    'what YAML makes a number of',
    shared.replace('LEVEL: info', 'LEVEL: 1.10'),
    [
      'stacks/shared.yaml:10: apps.shop.env.LEVEL: 1.10 is a number to YAML, and arrives as 1.1; write it in quotes',
    ],
  ],
  [
    'another package’s setting',
    `${shared}  aws:region: eu-central-1\n`,
    [
      'stacks/shared.yaml:11: aws:region: is no setting of Keelson’s, and Pulumi reads stack files alone; write it in each of them',
    ],
  ],
  [
    'a secret in plain text, without showing it',
    `${shared}  keelson:secrets: { shop: { TOKEN: hunter2 } }\n`,
    [
      "stacks/shared.yaml:11: secrets: are each stack’s own; remove them here, and run pulumi config set --secret --path 'keelson:secrets.APP.NAME' with other values where somebody may have read these",
    ],
  ],
  [
    'a secret that one stack encrypted',
    `${shared}  keelson:secrets: { shop: { TOKEN: { secure: v1:abc } } }\n`,
    [
      "stacks/shared.yaml:11: secrets: are each stack’s own; remove them here, and run pulumi config set --secret --path 'keelson:secrets.APP.NAME'",
    ],
  ],
  [
    'a secret of the servers',
    `${shared}  keelson:serverSecrets: { slack: { secure: v1:abc } }\n`,
    [
      "stacks/shared.yaml:11: serverSecrets: are each stack’s own; remove them here, and run pulumi config set --secret --path 'keelson:serverSecrets.NAME'",
    ],
  ],
  [
    'an encrypted value elsewhere',
    shared.replace('LEVEL: info', 'LEVEL: { secure: v1:abc }'),
    [
      'stacks/shared.yaml:10: keelson:apps.shop.env.LEVEL: is encrypted for one stack alone; write it in that stack’s own file'.replace(
        'keelson:',
        '',
      ),
    ],
  ],
  [
    'settings that are not below config',
    shared.replace('config:\n', '').replace(/^ {2}/gm, ''),
    [
      'stacks/shared.yaml:1: keelson:server: is not below config; write config: above it, and indent it',
      'stacks/shared.yaml:4: keelson:apps: is not below config; write config: above it, and indent it',
    ],
  ],
  [
    'what only a stack file has',
    `${shared}encryptionsalt: v1:x\n`,
    ['stacks/shared.yaml:11: encryptionsalt: is a stack file’s own, or nothing; remove it here'],
  ],
  [
    'an empty file',
    '# nothing yet\n',
    [
      'stacks/shared.yaml:1: config: is missing; write a mapping: What stacks share, in a stack file’s words',
    ],
  ],
  ['a list', '- a\n', ['stacks/shared.yaml:1: a list does not fit; write a mapping']],
  [
    'no YAML',
    'config:\n  keelson:apps: [\n',
    [
      'stacks/shared.yaml:3: is no YAML here: Flow sequence in block collection must be sufficiently indented and end with a ]; mend it',
    ],
  ],
  [
    'a key that is there twice',
    `${shared}  keelson:server: {}\n`,
    ['stacks/shared.yaml:11: is no YAML here: Map keys must be unique; mend it'],
  ],
  [
    'a tag that nobody knows',
    shared.replace('user: admin', 'user: !env USER'),
    ['stacks/shared.yaml:3: is no YAML here: Unresolved tag: !env; mend it'],
  ],
  [
    'null without anything to take out',
    shared.replace('source: shop', 'source:'),
    [
      'stacks/shared.yaml:7: apps.shop.source: is nothing, and there is nothing to take out; write a value, or remove the line',
    ],
  ],
  [
    'a circle',
    shared.replace('config:', 'config:\n  keelson:extends: shared.yaml'),
    [
      'stacks/shared.yaml:2: extends: is a circle, stacks/shared.yaml → stacks/shared.yaml; take one of them out',
    ],
  ],
  [
    'a file that is not there',
    shared.replace('config:', 'config:\n  keelson:extends: gone.yaml'),
    ['stacks/shared.yaml:2: extends: "gone.yaml" is not there; write a path beside this file'],
  ],
  [
    'a directory',
    shared.replace('config:', 'config:\n  keelson:extends: more'),
    [
      'stacks/shared.yaml:2: extends: "more" cannot be read (EISDIR); write a path beside this file',
    ],
  ],
  [
    'what is no path',
    shared.replace('config:', 'config:\n  keelson:extends: 3'),
    [
      'stacks/shared.yaml:2: extends: 3 does not fit; write text or a list: Files beside this one over which it is merged; of several the later ones win',
    ],
  ],
];

for (const [what, text, expected] of rows)
  test(`says of a shared file: ${what}`, () => {
    write('shared.yaml', text);
    assert.deepEqual(problems(stack()), expected);
  });

test('what is wrong in the stack file itself is told with its line too', () => {
  write('shared.yaml', shared);
  assert.deepEqual(problems(stack({ apps: { shop: { memory: 'lots' } } })), [
    'stacks/Pulumi.x.yaml:7: apps.shop.memory: "lots" is not a size; write whole megabytes or gigabytes, such as 512M or 1G',
  ]);
  assert.deepEqual(problems({ extends: 'shared.yaml' }), [
    'stacks/shared.yaml:2: server.address: is missing; write where the server is reached over SSH, or aws for one that is made there',
  ]);
});

test('null that takes nothing out is told where it is, though a file above says more', () => {
  write('shared.yaml', shared.replace('source: shop', 'source:'));
  assert.deepEqual(problems(stack({ apps: { shop: { source: 'shop' } } })), [
    'stacks/shared.yaml:7: apps.shop.source: is nothing, and there is nothing to take out; write a value, or remove the line',
  ]);
});

test('the stack file is held to its own text, by the type of app that the shared file says', () => {
  write('shared.yaml', `${shared}    mailer: { type: worker, source: shop, start: worker.js }\n`);
  const text = `config:
  keelson:extends: shared.yaml
  keelson:server: { address: web1.example.com }
  keelson:apps:
    shop: { env: { VERSION: 1.10 } }
    mailer: { healthy: { command: [node, 1.0] } }
`;
  const apps = { shop: { env: { VERSION: 1.1 } }, mailer: { healthy: { command: ['node', 1] } } };
  const file = { path: 'stacks/Pulumi.x.yaml', text };
  assert.throws(
    () => readConfig({ values: stack({ apps }), encrypted: new Set(), file }),
    ({ message }: Error) => {
      assert.match(
        message,
        /Pulumi\.x\.yaml:5: apps\.shop\.env\.VERSION: 1\.10 is a number to YAML/,
      );
      assert.match(
        message,
        /Pulumi\.x\.yaml:6: apps\.mailer\.healthy\.command\.1: 1\.0 is a number/,
      );
      return true;
    },
  );
});

test('what a shared file says of an app on one server is held to its text as well', () => {
  const servers = '{ web1: { apps: { shop: { env: { A: 1.10 } } } } }';
  write('shared.yaml', `${shared}  keelson:servers: ${servers}\n`);
  assert.deepEqual(problems(stack()), [
    'stacks/shared.yaml:11: servers.web1.apps.shop.env.A: 1.10 is a number to YAML, and arrives as 1.1; write it in quotes',
  ]);
});

test('all files that cannot be used are told at once', () => {
  write('shared.yaml', '- a\n');
  const [one, two, ...others] = problems(stack({ extends: ['gone.yaml', 'shared.yaml'] }));
  assert.match(one ?? '', /^stacks\/Pulumi\.x\.yaml:2: extends: "gone\.yaml" is not there/);
  assert.match(two ?? '', /^stacks\/shared\.yaml:1: a list/);
  assert.deepEqual(others, []);
});

test('secrets of the stack file are its own, and go with apps of the shared one', () => {
  write('shared.yaml', shared);
  const { hosts } = read(stack({ secrets: { shop: { TOKEN: 'x' } } }), ['secrets']);
  assert.deepEqual(hosts[0]?.secrets, { shop: { TOKEN: 'x' } });
});

test('aliases that would fill the memory are refused', () => {
  const row = (name: string, of: string) => `    ${name}: &${name} [${Array(10).fill(`*${of}`)}]\n`;
  const rows = row('b', 'a') + row('c', 'b') + row('d', 'c');
  write('shared.yaml', `config:\n  keelson:rollout:\n    a: &a [1, 1]\n${rows}`);
  assert.match(problems(stack()).join('\n'), /^stacks\/shared\.yaml: is no YAML: Excessive alias/);
});

test('a path that is encrypted is refused unread', () => {
  assert.deepEqual(problems(stack({ extends: 'hunter2' }), ['extends']), [
    'extends: is encrypted; write the path into the stack file as it is',
  ]);
});

test('without a stack file nobody knows beside what to look', () => {
  assert.throws(
    () => readConfig({ values: stack(), encrypted: new Set() }),
    /extends: the stack file was not found, beside which to look; run pulumi in the project, or name the file with --config-file/,
  );
});

test('a key that JavaScript keeps for itself changes nothing but its own place', () => {
  write('shared.yaml', `${shared}  keelson:rollout: { __proto__: { polluted: 1 } }\n`);
  assert.match(problems(stack()).join('\n'), /rollout\.__proto__: is a name that JavaScript keeps/);
  assert.equal(({} as Values).polluted, undefined);
});

test('a stack file that extends none is read without what reads YAML', () => {
  const config = new URL('../../components/config/config.ts', import.meta.url).pathname;
  const loaded = (more: Values) => {
    const server = { address: 'a.de' };
    const given = `{
      values: ${JSON.stringify({ server, ...more })}, encrypted: new Set(),
      file: { path: 'stacks/Pulumi.x.yaml', text: 'config:\\n  keelson:server: { address: a.de }\\n' },
    }`;
    const program = `
      const { readConfig } = await import('${config}');
      readConfig(${given});
      const { createRequire } = await import('node:module');
      const files = Object.keys(createRequire('${config}').cache);
      console.log(files.some((file) => file.includes('node_modules/yaml/')));`;
    const args = ['--input-type=module', '-e', program];
    return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim();
  };
  write('shared.yaml', shared);
  assert.equal(loaded({}), 'false');
  assert.equal(loaded({ extends: 'shared.yaml' }), 'true');
});
