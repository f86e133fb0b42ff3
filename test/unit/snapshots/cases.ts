/**
 * Stack files that between them switch every branch of every template on, and what commit f554c06
 * rendered for them: `NAME.txt` beside this file, letter by letter. Hosts that were provisioned by it
 * carry these files, and an instance restarts when a byte of its unit or environment is another one.
 */
export type Case = {
  name: string;
  /** Keys of a stack file without their `keelson:`. */
  values: Record<string, unknown>;
  /** Facts of the host that are otherwise than `trixie`'s. */
  facts?: object;
  /** Another case, whose files are not written out again where they are the same. */
  like?: string;
};

export const release = { hash: 'c'.repeat(64), archive: 'shop.tar.gz' };

/** A host as the kit found it. */
export const facts = {
  id: 'debian',
  codename: 'trixie',
  version: '13',
  architecture: 'amd64',
  cores: 2,
  memoryMiB: 1024,
  hostname: 'web1',
  sshd: '[::]:22 0.0.0.0:22',
  systemd: 257,
  releases: {},
};

const bookworm = { codename: 'bookworm', version: '12', systemd: 252 };
const key = `ssh-ed25519 ${'A'.repeat(68)}`;
const address = 'web1.example.com';
const server = { address };
const shop = { source: '.', start: 'server.js', domains: ['shop.example.com'] };
const app = (given: object, more: object = {}) => ({
  server,
  apps: { shop: { ...shop, ...given } },
  ...more,
});

export const cases: readonly Case[] = [
  { name: 'smallest', values: app({}) },
  { name: 'bookworm', values: app({}), facts: bookworm, like: 'smallest' },
  { name: 'no-app', values: { server }, like: 'smallest' },
  {
    name: 'server',
    values: {
      server: {
        ...{ address, user: 'admin', hostname: 'web1.example.com', timezone: 'Europe/Berlin' },
        packages: ['imagemagick', 'curl'],
        deploy: { name: 'release', keys: [key, `${key} b@laptop`] },
        openFiles: 65536,
        sysctl: { 'net.core.somaxconn': 9000, 'vm.swappiness': '10' },
        journal: { size: '256M', free: '2G', retention: '7d' },
        nginx: { connections: 1000, logs: 30, balancers: ['10.0.0.0/8', '2001:db8::/32'] },
        monit: {
          ...{ interval: '20s', disk: '80%', memory: '70%', load: 2 },
          alerts: { to: 'ops@example.com', server: 'mail.example.com', port: 587 },
        },
      },
      apps: { shop },
    },
    facts: { cores: 3 },
    like: 'smallest',
  },
  {
    name: 'alerts-and-sshd',
    values: {
      server: {
        address,
        monit: { alerts: { to: 'ops@example.com', server: '::1', from: 'web1@example.com' } },
      },
      apps: { shop },
    },
    facts: { ...bookworm, hostname: 'we"b{1', sshd: '10.0.0.7:22 [2001:db8::7]:2200' },
    like: 'bookworm',
  },
  { name: 'no-sshd', values: { server }, facts: { sshd: '' }, like: 'smallest' },
  {
    name: 'app',
    values: app(
      {
        args: ['--verbose', 'a=b'],
        nodeArgs: ['--max-old-space-size=768'],
        domains: ['shop.example.com', 'default', '*.example.com'],
        health: '/health?deep=1',
        env: { LOG_LEVEL: 'info', GREETING: 'say "hi" to $USER\\`id`\nbye', NODE_ENV: 'test' },
        uploads: { '/media': 'media', '/media/large/': 'large', '/m2': 'media' },
        data: ['sessions'],
        onRemove: 'delete',
        static: { '/assets': 'dist/assets', '/': 'public', '/a.b': 'public' },
        ...{ keep: 3, instances: 4, port: 5000, memory: '512M', openFiles: 4096, tasks: 64 },
        ...{ stopTimeout: '2m', reload: 'SIGUSR2', bodySize: '2G', timeout: '5m' },
        ...{ buffering: false, gzip: false, rateLimit: { requests: 5, burst: 7 } },
        sandbox: { network: 'localhost', jit: false, writable: ['/mnt/media'], netlink: true },
        node: {
          version: '24.11.0',
          url: 'https://nodejs.org/dist/v24.11.0/node-v24.11.0-linux-x64.tar.gz',
          sha256: 'd'.repeat(64),
        },
        logs: { to: 'files', days: 3, size: '5M' },
        rollout: {
          ...{ drain: '10s', start: '3s', status: 204, text: 'a.b+c d', answers: 5, watch: '0s' },
          ...{ batch: 2, before: ['node', 'migrate.js'], after: ['bin/done'], hookTimeout: '1m' },
        },
      },
      {
        secrets: { shop: { DATABASE_URL: 'postgres://u:p@db/shop', WORKERS: 4, LINES: 'a\n\tb' } },
      },
    ),
    like: 'smallest',
  },
  {
    name: 'app-on-bookworm',
    values: app({
      logs: { to: 'files' },
      sandbox: { network: 'localhost' },
      health: '/health',
      gzip: true,
      rateLimit: { requests: 20 },
      static: { '/assets/': 'dist' },
    }),
    facts: bookworm,
    like: 'bookworm',
  },
  {
    name: 'socket',
    values: app({ listen: 'socket', sandbox: { network: 'none' }, domains: ['default'] }),
    like: 'smallest',
  },
  {
    name: 'exec',
    values: app({ start: undefined, exec: ['bin/serve', '-p', '1'], instances: 2 }),
    like: 'smallest',
  },
  {
    name: 'maintenance',
    values: app({
      maintenance: 'Back at noon',
      health: '/health',
      rateLimit: { requests: 5 },
      static: { '/a': 'a' },
      uploads: { '/u': 'u' },
    }),
    like: 'smallest',
  },
  { name: 'maintenance-true', values: app({ maintenance: true, gzip: false }), like: 'smallest' },
  {
    name: 'two-apps',
    values: {
      server: { address, deploy: { keys: [key] } },
      apps: {
        shop: { ...shop, logs: { to: 'files' } },
        blog: {
          ...shop,
          domains: ['default'],
          exec: ['node', 'a.js'],
          start: undefined,
          port: 4300,
        },
      },
    },
    like: 'smallest',
  },
];
