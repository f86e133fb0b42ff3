/** Directories that lie elsewhere, links in their place, /srv on another disk, and what people keep in nginx. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Run, said } from '../../tools/lib/pulumi-run.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { type Asked, ask } from '../harness/http.ts';
import { does, lines, read, write } from '../harness/on-host.ts';
import { provisionedHost } from '../harness/provisioned.ts';
import { codeOf, config } from '../harness/small-app.ts';
import {
  assertNothingToDo,
  assertUntouched,
  changed,
  release,
  type Stack,
  testStack,
} from '../harness/stack.ts';
import { inOrder, type Step } from '../harness/steps.ts';

/** What the small app says of itself, and more. */
const withMore = (stack: Stack, more: object) => {
  const { apps, ...rest } = config(codeOf(stack)) as { apps: { shop: object } };
  stack.configure({ ...rest, apps: { shop: { ...apps.shop, ...more } } });
};

const body = async (host: DebianHost, path: string, asked: Asked = {}): Promise<string> => {
  const answer = await ask(host, path, asked);
  return answer.status === 200 ? answer.body : String(answer.status);
};

/** Fails unless both preview and `up` are refused with these words, and nothing is touched. */
async function assertRefused(stack: Stack, ...words: RegExp[]): Promise<void> {
  await assertUntouched(stack, async () => {
    for (const verb of ['preview', 'up'] as const) {
      const run: Run = await stack.try(verb);
      assert.notEqual(run.code, 0, `${verb}:\n${said(run)}`);
      for (const word of words) assert.match(said(run), word);
    }
  });
}

/** Fails unless a further `up` has nothing to do. */
async function assertSettled(stack: Stack): Promise<void> {
  const run = await stack.up();
  assert.deepEqual(changed(run), [], said(run));
}

/** Writes a file as an instance of the app would: as its user, in its sandbox. */
const writeAsApp = (host: DebianHost, path: string): Promise<string> =>
  host.exec(
    `nsenter -m -t "$(systemctl show -p MainPID --value shop@3700.service)" setpriv --reuid=shop --regid=shop --clear-groups sh -c 'umask 007; echo written >${path}'`,
  );

test('directories of an app elsewhere', async (t: TestContext) => {
  const { host, stack } = await provisionedHost(t);
  const places = { media: '/mnt/big/media' };
  await host.exec('echo picture >/srv/shop/media/a.txt; chown shop:www-data /srv/shop/media/a.txt');
  await inOrder(t, [
    [
      'uploads that somebody moved behind a link are never replaced by an empty directory',
      async () => {
        await host.exec(
          'mkdir -p /mnt/big && mv /srv/shop/media /mnt/big/ && ln -s /mnt/big/media /srv/shop/media',
        );
        await assertRefused(
          stack,
          /directory \/srv\/shop\/media is a link to \/mnt\/big\/media; say so in the stack file, as apps\.shop\.places\.media/,
        );
        assert.equal(await body(host, '/media/a.txt'), 'picture\n');
      },
    ],
    [
      'with the setting they are served from there, and the app writes there',
      async () => {
        withMore(stack, { places });
        await stack.up();
        await assertNothingToDo(stack);
        assert.equal(await body(host, '/media/a.txt'), 'picture\n');
        await writeAsApp(host, '/srv/shop/media/b.txt');
        assert.equal(await body(host, '/media/b.txt'), 'written\n');
        assert.equal(
          (await host.exec('stat -c "%U %G %a" /mnt/big/media /mnt/big/media/b.txt')).trim(),
          'shop www-data 2770\nshop www-data 660',
        );
        assert.match(
          await host.exec('systemctl show -p RequiresMountsFor shop@3700.service'),
          /\/mnt\/big\/media/,
        );
      },
    ],
    [
      'files that a link would hide are moved first, and told how',
      async () => {
        await host.exec('echo kept >/srv/shop/data/file; chown shop:shop /srv/shop/data/file');
        withMore(stack, { places: { ...places, data: '/mnt/big/data' } });
        await assertRefused(
          stack,
          /link \/srv\/shop\/data would hide what lies in \/srv\/shop\/data; move that first: systemctl stop monit shop\.target && mv -T \/srv\/shop\/data \/mnt\/big\/data/,
        );
        await host.exec('systemctl stop monit shop.target && mv -T /srv/shop/data /mnt/big/data');
        await stack.up();
        assert.equal(await read(host, '/srv/shop/data/file'), 'kept\n');
        await writeAsApp(host, '/srv/shop/data/more');
      },
    ],
    [
      'a place whose disk is gone is not begun anew',
      async () => {
        await host.exec('mv /mnt/big /mnt/away && mkdir /mnt/big');
        await assertRefused(
          stack,
          /directory \/mnt\/big\/media is gone, with what the app kept there; mount its disk/,
          /directory \/mnt\/big\/data is gone/,
        );
        await host.exec('rmdir /mnt/big && mv /mnt/away /mnt/big');
        await assertSettled(stack);
      },
    ],
    [
      'drift of what lies elsewhere is mended there',
      async () => {
        await host.exec('chmod o+rwx /mnt/big/media; ln -sfn /nowhere /srv/shop/media');
        const run = await stack.up();
        for (const row of [
          'directory /mnt/big/media mode 2777 → 2770',
          'link /srv/shop/media target /nowhere → /mnt/big/media',
        ])
          assert.ok(said(run).includes(row), row);
        await assertSettled(stack);
        assert.equal(await body(host, '/media/a.txt'), 'picture\n');
      },
    ],
    [
      'without the setting the link is refused, until the directory is back',
      async () => {
        withMore(stack, { places });
        await assertRefused(
          stack,
          /directory \/srv\/shop\/data is a link to \/mnt\/big\/data; say so .*apps\.shop\.places\.data, or move it back/,
        );
        await host.exec('rm /srv/shop/data && mv -T /mnt/big/data /srv/shop/data');
        await stack.up();
        await assertSettled(stack);
        assert.equal(await read(host, '/srv/shop/data/file'), 'kept\n');
      },
    ],
    [
      'a directory of somebody else’s is not taken over',
      async () => {
        await host.exec('mkdir -p /mnt/theirs && touch /mnt/theirs/film');
        withMore(stack, { places: { ...places, more: '/mnt/theirs' }, data: ['data', 'more'] });
        await assertRefused(
          stack,
          /directory \/mnt\/theirs holds files, and is not the app's; choose another place, or hand it over: chown root \/mnt\/theirs && chmod 2750/,
        );
        withMore(stack, { places });
      },
    ],
    [
      'after the app has gone its data is left at its place',
      async () => {
        await stack.destroy();
        assert.ok(await does(host, '! test -e /srv/shop/media && ! test -L /srv/shop/media'));
        assert.deepEqual(await lines(host, 'stat -c "%U" /mnt/big/media; ls /mnt/big/media'), [
          'root',
          'a.txt',
          'b.txt',
        ]);
      },
    ],
    [
      'and is the app’s again when it comes back',
      async () => {
        await stack.up();
        await assertSettled(stack);
        assert.equal(await body(host, '/media/b.txt'), 'written\n');
        await writeAsApp(host, '/srv/shop/media/b.txt');
      },
    ],
  ]);
});

test('lines of one’s own in nginx, and settings in their place', async (t: TestContext) => {
  const { host, stack } = await provisionedHost(t);
  await inOrder(t, [
    [
      'lines of one’s own are read with the site, and watched by nobody',
      async () => {
        await write(
          host,
          '/etc/nginx/keelson.d/shop/hello.conf',
          'location = /hello { return 200 "hello\\n"; }\n',
        );
        await write(host, '/etc/nginx/conf.d/own.conf', 'map $uri $own { default yes; }\n');
        await host.exec('nginx -t -q && systemctl reload nginx');
        await assertNothingToDo(stack);
        assert.equal(await body(host, '/hello'), 'hello\n');
      },
    ],
    [
      'they are part of what nginx checks before a change takes effect',
      async () => {
        const conf = '/etc/nginx/keelson.d/shop/hello.conf';
        await host.exec(`cp ${conf} /root/good && echo nonsense >>${conf}`);
        withMore(stack, { bodySize: '5M' });
        const run = await stack.try('up');
        assert.match(said(run), /keelson\.d\/shop\/hello\.conf/);
        assert.match(
          await read(host, '/etc/nginx/keelson.d/shop.conf'),
          /client_max_body_size 10M;/,
        );
        await host.exec(`cp /root/good ${conf}`);
        await stack.up();
        assert.equal(await body(host, '/hello'), 'hello\n');
      },
    ],
    [
      'headers, redirects and other domains are settings',
      async () => {
        withMore(stack, {
          headers: { 'X-Frame-Options': 'DENY', 'X-Quote': 'a "b" \\c' },
          redirects: { '/old': '/new', '/away': 'https://example.com/x?y' },
          redirectFrom: ['www.shop.example.com'],
        });
        await stack.up();
        await assertSettled(stack);
        for (const path of ['/', '/media/a.txt', '/assets/site.css', '/hello']) {
          const { headers } = await ask(host, path);
          assert.equal(headers['x-frame-options'], 'DENY', path);
          assert.equal(headers['x-quote'], 'a "b" \\c', path);
        }
        const to = async (path: string, domain: string) => {
          const { status, headers } = await ask(host, path, { domain });
          return `${status} ${headers.location}`;
        };
        const own = 'shop.example.com';
        assert.equal(await to('/old?a=b', own), `301 http://${own}/new?a=b`);
        assert.equal(await to('/away?a=b', own), '301 https://example.com/x?y');
        assert.equal(await to('/x?a=b', `www.${own}`), `301 http://${own}/x?a=b`);
      },
    ],
    [
      'what people put there stays when the app goes, and is read again when it comes back',
      async () => {
        await stack.destroy();
        assert.ok(await does(host, 'test -f /etc/nginx/keelson.d/shop/hello.conf'));
        assert.ok(await does(host, 'test -f /etc/nginx/conf.d/own.conf'));
        await stack.up();
        assert.equal(await body(host, '/hello'), 'hello\n');
      },
    ],
  ]);
});

/** The sample app with a static file. */
function source(stack: Stack, mark: string, failure?: 'exit'): string {
  const directory = release(stack, mark, failure);
  mkdirSync(join(directory, 'public'), { recursive: true });
  writeFileSync(join(directory, 'public/mark.txt'), mark);
  return directory;
}

const hello = (stack: Stack, mark: string, failure?: 'exit') => ({
  apps: {
    shop: {
      source: source(stack, mark, failure),
      start: 'server.js',
      domains: ['default'],
      health: '/health',
      uploads: { '/media': 'uploads' },
      static: { '/static': 'public' },
      env: { UPLOADS: '/srv/shop/uploads' },
      instances: 2,
      rollout: { drain: '1s', start: '20s', watch: '0s', answers: 1 },
    },
  },
});

const whoami = async (host: DebianHost): Promise<string> =>
  JSON.parse((await ask(host, '/whoami')).body).release;

const laterRuns = (host: DebianHost, stack: Stack): readonly Step[] => [
  [
    'takes a release, and goes back from one that fails',
    async () => {
      const first = await whoami(host);
      stack.configure(hello(stack, 'two'));
      await stack.up();
      await assertSettled(stack);
      const second = await whoami(host);
      assert.notEqual(second, first);
      assert.equal(await body(host, '/static/mark.txt'), 'two');
      stack.configure(hello(stack, 'three', 'exit'));
      assert.match(said(await stack.try('up')), /all instances are on [0-9a-f]{8} as before/);
      assert.equal(await whoami(host), second);
      stack.configure(hello(stack, 'two'));
      await stack.up();
      await assertSettled(stack);
    },
  ],
  [
    'is mended where a release or an instance was damaged',
    async () => {
      await host.exec(
        'systemctl stop shop@3700.service; rm "$(readlink -f /srv/shop/current)/mark.txt"',
      );
      await stack.up();
      await assertSettled(stack);
    },
  ],
];

for (const [title, prepare] of Object.entries({
  'a link': 'mkdir -p /mnt/data && mv /srv /mnt/data/srv && ln -s /mnt/data/srv /srv',
  'a bind mount': 'mkdir -p /mnt/data/srv && mount --bind /mnt/data/srv /srv',
}))
  test(`an app where /srv is ${title} to another disk`, async (t: TestContext) => {
    const host = await testHost(t);
    await host.exec(prepare);
    const stack = await testStack(t, host, {});
    await inOrder(t, [
      [
        'is rolled out, serves and stores',
        async () => {
          stack.configure(hello(stack, 'one'));
          await stack.up();
          await assertSettled(stack);
          const upload = await ask(host, '/upload?name=a.txt', { method: 'POST', body: 'a' });
          assert.equal(upload.status, 201);
          assert.equal(await body(host, '/media/a.txt'), 'a');
          assert.ok(await does(host, 'test -s /mnt/data/srv/shop/uploads/a.txt'));
        },
      ],
      // Of a mount no path shows that it is one.
      ...(title === 'a link' ? laterRuns(host, stack) : []),
      [
        'leaves its uploads when it goes',
        async () => {
          await stack.destroy();
          assert.deepEqual(await lines(host, 'find /mnt/data/srv -mindepth 1 | sort'), [
            '/mnt/data/srv/shop',
            '/mnt/data/srv/shop/uploads',
            '/mnt/data/srv/shop/uploads/a.txt',
          ]);
        },
      ],
    ]);
  });
