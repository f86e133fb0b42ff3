/** Server: what a host has once, whatever apps run on it. */
import { z } from 'zod';
import * as field from '../fields/index.ts';
import type { Facts } from '../host/facts.ts';
import type { Item } from '../host/item.ts';
import { aptPackage, directory, file, setting, unit } from '../host/kinds.ts';
import type { Manifest } from '../host/manifest.ts';
import { template } from '../lib/template.ts';
import { deploySchema, renderDeploy } from './deploy.ts';
import { journalSchema, renderJournal } from './journal.ts';
import { renderKernel, sysctlSchema } from './kernel.ts';

const nginxSchema = z
  .strictObject({
    connections: field
      .integer(512, 65535)
      .prefault(4096)
      .describe('Connections that each nginx worker may hold, those to the apps included'),
    logs: field.integer(1, 3650).prefault(14).describe('Days for which nginx’s logs are kept'),
    balancers: z
      .array(field.network)
      .prefault([])
      .describe('Load balancers in front of nginx, whose word for the client’s address is taken'),
  })
  .describe('Settings of nginx that hold for all sites');

const monitSchema = z
  .strictObject({
    interval: field
      .duration('5s', '5m')
      .prefault('15s')
      .describe('Time between two rounds of checks'),
    disk: field.percentage.prefault('90%').describe('Disk use above which Monit alerts'),
    memory: field.percentage.prefault('90%').describe('Memory use above which Monit alerts'),
    load: field
      .integer(1, 100)
      .prefault(4)
      .describe('Load average of five minutes for each core above which Monit alerts'),
    alerts: z
      .strictObject({
        to: field.email.describe('Who gets the alerts'),
        server: field.address.describe(
          'Mail server that takes them without a login and without TLS',
        ),
        port: field.anyPort.prefault(25).describe('Port of the mail server'),
        from: field.email
          .optional()
          .describe('Sender of the alerts; default: monit@ and the host name'),
      })
      .optional()
      .describe('Where alerts are sent by mail; without it they are in /var/log/monit.log alone'),
  })
  .describe('Settings of Monit that hold for the whole server');

/** How a server is reached, and what it is beside its apps. */
export const serverSchema = z
  .strictObject({
    address: field.address.describe('Where the server is reached over SSH'),
    port: field.anyPort.prefault(22).describe('Port of its SSH server'),
    user: field.loginName
      .prefault('root')
      .describe('Who logs in: root, or a user with passwordless sudo'),
    hostKey: field.publicKey
      .optional()
      .describe('Public host key of the server, as in its /etc/ssh/ssh_host_ed25519_key.pub'),
    knownHosts: field.localPath
      .optional()
      .describe('known_hosts file that holds the host key; default: ~/.ssh/known_hosts'),
    privateKey: field.localPath
      .optional()
      .describe('Private key file to log in with; default: the SSH agent'),
    hostname: field.hostname.optional().describe('Host name to set; default: as it is'),
    timezone: z
      .string()
      .regex(/^(?=.{1,64}$)[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*){0,2}$/, {
        error: 'is not a time zone; write one such as Europe/Berlin or Etc/UTC',
        abort: true,
      })
      .refine(isTimeZone, {
        error: 'is a time zone that does not exist; see `timedatectl list-timezones`',
      })
      .optional()
      .describe('Time zone to set; default: as it is'),
    packages: z
      .array(field.packageName)
      .prefault([])
      .describe('Debian packages to install besides what the apps need'),
    deploy: deploySchema.optional(),
    openFiles: field
      .integer(4096, 1048576)
      .prefault(524288)
      .describe('Files and connections that one service may hold open'),
    sysctl: sysctlSchema.prefault({}),
    journal: journalSchema.prefault({}),
    nginx: nginxSchema.prefault({}),
    monit: monitSchema.prefault({}),
  })
  .refine((server) => !(server.hostKey && server.knownHosts), {
    path: ['knownHosts'],
    error: 'is given beside hostKey; keep one of them',
    when: isObject,
  })
  .refine(({ deploy, user }) => deploy?.name === undefined || deploy.name !== user, {
    path: ['deploy', 'name'],
    error: 'is the user who logs in; choose another, whose keys the kit may own',
    when: isObject,
  })
  .describe('A server: how it is reached, and its settings');

export type ServerConfig = z.output<typeof serverSchema> & { name: string };

/** Lets a check across fields run beside complaints about other fields. */
function isObject({ value }: { value: unknown }): boolean {
  return typeof value === 'object' && value !== null;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Renders the manifests `base` (packages, kernel, limits, log rotation, deploy user) and `journal`,
 * which is one of its own since whatever changes in it restarts journald.
 *
 * The keys of the user who logs in are never touched, so that no change locks the kit out.
 */
export function renderServer(server: ServerConfig, _facts: Facts): Manifest[] {
  const items = [
    ...packages(server),
    ...identity(server),
    ...renderKernel(server),
    ...limits(server),
    ...rotation(),
    ...administration(),
    ...renderDeploy(server.deploy),
  ];
  return [
    { name: 'base', after: [], items },
    { name: 'journal', after: ['base'], items: renderJournal(server.journal) },
  ];
}

/** What the kit's own work on the host needs, and what the stack file asks for. */
function packages(server: ServerConfig): Item[] {
  const names = [
    'acl', // getfacl: an ACL that defeats a mode is drift
    'attr', // getfattr: so are extended attributes
    'ca-certificates',
    'curl', // health checks
    'e2fsprogs', // lsattr: the immutable flag
    'iproute2', // ss: a rollout counts connections
    'logrotate',
    'nftables', // a rollout drains an instance
    'procps', // sysctl
    'sudo',
    ...(server.hostname ? ['libnss-myhostname'] : []),
    ...(server.timezone ? ['tzdata'] : []),
    ...server.packages,
  ];
  return [...new Set(names)].sort().map((name) => aptPackage(name));
}

/**
 * Host name and time zone. libnss-myhostname resolves whatever the host is called, so
 * that /etc/hosts, which cloud-init and people edit, stays theirs.
 */
function identity(server: ServerConfig): Item[] {
  return [
    ...(server.hostname ? [setting('hostname', server.hostname)] : []),
    ...(server.timezone ? [setting('timezone', server.timezone)] : []),
  ];
}

function limits({ openFiles }: ServerConfig): Item[] {
  const path = '/etc/systemd/system.conf.d/60-keelson.conf';
  return [
    directory('/etc/systemd/system.conf.d'),
    file(path, template('server/limits.conf', { openFiles })),
  ];
}

/** Debian looks at logs once a day, in which one that is chatty fills the disk. */
function rotation(): Item[] {
  const name = 'logrotate.timer';
  const folder = `/etc/systemd/system/${name}.d`;
  const dropin = `${folder}/keelson.conf`;
  return [
    file('/etc/logrotate.d/keelson', template('server/logrotate.conf', {}), { check: 'logrotate' }),
    directory(folder),
    file(dropin, template('server/logrotate.timer', {})),
    unit(name, { enabled: 'enabled', active: 'active', dropins: [dropin], change: 'restart' }),
  ];
}

function administration(): Item[] {
  return [
    directory('/etc/keelson'),
    directory('/etc/keelson/sudoers.d', { mode: '0750', whole: true }),
    file('/etc/sudoers.d/keelson', template('server/sudoers', {}), {
      mode: '0440',
      check: 'sudoers',
    }),
  ];
}
