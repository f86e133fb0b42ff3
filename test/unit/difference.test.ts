/** The one rule of what differs, run as on a host: observed, applied last, left unfinished, wanted → rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

type Case = {
  /** What is seen of each item, one line each. */
  observed: string[];
  /** Item lines of manifests that were applied, by name. */
  stored?: Record<string, string[]>;
  /** Of manifests that a run had begun when it died. */
  pending?: Record<string, string[]>;
  /** Item lines of the manifests that are wanted, by name. */
  wanted: Record<string, string[]>;
  owners?: Record<string, string>;
  /** What is somebody's own may be taken over. */
  takeover?: boolean;
  rows: string[];
};

// Written with blanks for tabs; a blank within a value is a dot in the middle.
const tabs = (line: string): string => line.replaceAll(' ', '\t').replaceAll('·', ' ');
const blanks = (line: string): string => line.replaceAll(' ', '·').replaceAll('\t', ' ');

const text = (name: string, items: readonly string[]): string =>
  [`keelson 1 ${name}`, 'run before', '', ...items.map(tabs), 'end', ''].join('\n');

function difference(
  mode: 'look' | 'apply' | 'settled',
  given: Omit<Case, 'rows'>,
  more = ':',
): string[] {
  const memory = Object.fromEntries([
    ...Object.entries(given.stored ?? {}).map(([name, it]) => [
      `manifests/${name}`,
      text(name, it),
    ]),
    ...Object.entries(given.pending ?? {}).map(([name, it]) => [`pending/${name}`, text(name, it)]),
    ...Object.entries(given.owners ?? {}).map(([name, owner]) => [`owners/${name}`, `${owner}\n`]),
  ]);
  const wanted = Object.entries(given.wanted).flatMap(([name, items]) => [
    `manifest\t${name}\tnone`,
    ...items.map(tabs),
  ]);
  const input = ['observed', ...given.observed.map(tabs), 'wanted', ...wanted, ''].join('\n');
  const takeover = given.takeover ? 'takeover=yes;' : '';
  return hostShell(`${takeover} ${more}; difference ${mode}`, { memory, input })
    .split('\n')
    .filter(Boolean)
    .map(blanks);
}

const conf = 'file /etc/a mode=0644 sha256=';

const cases: Record<string, Case> = {
  'as it is wanted': {
    observed: [`${conf}1`],
    stored: { base: [`${conf}1`] },
    wanted: { base: [`${conf}1`] },
    rows: [],
  },
  'drift: other than what was applied last': {
    observed: ['file /etc/a mode=0666 sha256=1'],
    stored: { base: [`${conf}1`] },
    wanted: { base: [`${conf}1`] },
    rows: ['drift file /etc/a mode 0666 0644'],
  },
  'change: the program wants it otherwise': {
    observed: [`${conf}1`],
    stored: { base: [`${conf}1`] },
    wanted: { base: [`${conf}2`] },
    rows: ['change file /etc/a sha256 1 2'],
  },
  'what drifted and changes has a row of each': {
    observed: [`${conf}3`],
    stored: { base: [`${conf}1`] },
    wanted: { base: [`${conf}2`] },
    rows: ['drift file /etc/a sha256 3 1', 'change file /etc/a sha256 1 2'],
  },
  'what drifted to what is wanted by now is no row': {
    observed: [`${conf}2`],
    stored: { base: [`${conf}1`] },
    wanted: { base: [`${conf}2`] },
    rows: [],
  },
  'new: never applied, and not there': {
    observed: ['file /etc/a state=missing', 'package nginx state=missing'],
    wanted: { base: [`${conf}1`, 'package nginx state=installed version=2'] },
    rows: ['new file /etc/a state missing present', 'new package nginx state missing installed'],
  },
  'found: never applied, and there otherwise': {
    observed: ['file /etc/a mode=0600 sha256=1 acl=yes'],
    wanted: { base: [`${conf}1`] },
    rows: ['found file /etc/a mode 0600 0644', 'found file /etc/a acl yes '],
  },
  'own: somebody made it, and it is refused': {
    observed: [
      'file /etc/a mode=0600 sha256=1 acl=yes @whose=somebody',
      'absent /etc/b type=file @whose=somebody',
      'directory /srv/c owner=al mode=0700 extra=x @whose=somebody',
      'link /srv/d target=/x @whose=somebody',
      'unit u.service dropins=/etc/x active=inactive @whose=somebody',
      'rollout shop current=old target=inactive 3700=stopped @whose=somebody',
    ],
    wanted: {
      base: [
        `${conf}1`,
        'absent /etc/b',
        'directory /srv/c owner=root mode=0755',
        'link /srv/d target=/y',
        'unit u.service active=active',
        'rollout shop current=c3 target=active 3700=current',
      ],
    },
    rows: [
      'own file /etc/a mode 0600 0644',
      'own file /etc/a acl yes ',
      'own absent /etc/b type file absent',
      'own directory /srv/c owner al root',
      'own directory /srv/c mode 0700 0755',
      'own directory /srv/c extra x ',
      'own link /srv/d target /x /y',
      'found unit u.service active inactive active',
      'own unit u.service dropins /etc/x ',
      'own rollout shop current old c3',
      'found rollout shop target inactive active',
      'found rollout shop 3700 stopped current',
    ],
  },
  'what may be taken over is only found': {
    takeover: true,
    observed: ['file /etc/a mode=0600 sha256=1 @whose=somebody'],
    wanted: { base: [`${conf}1`] },
    rows: ['found file /etc/a mode 0600 0644'],
  },
  'what a package brought, and what bears the mark of the kit, is nobody’s own': {
    observed: [
      'file /etc/a mode=0600 sha256=1 @whose=package',
      'file /etc/b mode=0600 sha256=1 @whose=kit',
    ],
    wanted: { base: [`${conf}1`, `${conf.replace('/etc/a', '/etc/b')}1`] },
    rows: ['found file /etc/a mode 0600 0644', 'found file /etc/b mode 0600 0644'],
  },
  'found: of another type': {
    observed: ['file /etc/a type=directory', 'absent /etc/b type=file'],
    wanted: { base: [`${conf}1`, 'absent /etc/b'] },
    rows: ['found file /etc/a type directory file', 'found absent /etc/b type file absent'],
  },
  'a member that runs what was applied last did not drift, told by its own instructions': {
    observed: ['rollout shop current=aaaaaaaaaa 1=current mail@1=older·unit clean@1=older·unit'],
    stored: {
      r: [
        'rollout shop current=aaaaaaaaaa 1=current mail@1=current clean@1=current @unit=u1 @mail.unit=m1 @mail.stay=5 @mail.stop=9 @clean.unit=c1',
      ],
    },
    wanted: {
      r: [
        'rollout shop current=aaaaaaaaaa 1=current mail@1=current clean@1=current @unit=u1 @mail.unit=m2 @mail.stay=6 @mail.stop=8 @clean.unit=c1',
      ],
    },
    rows: [
      'change rollout shop mail@1 older·unit current',
      'drift rollout shop clean@1 older·unit current',
      'change rollout shop mail.stay 5 6',
    ],
  },
  'a rollout of which nothing runs is new': {
    observed: ['rollout shop target=inactive 3700=stopped'],
    wanted: { r: ['rollout shop current=c3 target=active 3700=current @drain=30'] },
    rows: ['new rollout shop state missing present'],
  },
  'what vanished has one row, whatever else it lacks': {
    observed: ['file /etc/a state=missing', 'unit a.service state=missing'],
    stored: { base: [`${conf}1`, 'unit a.service enabled=enabled active=active'] },
    wanted: { base: [`${conf}2`, 'unit a.service enabled=enabled active=active'] },
    rows: ['drift file /etc/a state missing present', 'drift unit a.service state missing present'],
  },
  'what a run that died left half done did not drift': {
    observed: [`${conf}2`, 'unit a.service config=current @stale=/etc/a'],
    stored: { base: [`${conf}1`, 'unit a.service config=current'] },
    pending: { base: [`${conf}2`, 'unit a.service config=current'] },
    wanted: { base: [`${conf}1`, 'unit a.service config=current'] },
    rows: ['change file /etc/a sha256 2 1', 'change unit a.service config stale current echo'],
  },
  'what it never touched drifted all the same': {
    observed: [`${conf}3`],
    stored: { base: [`${conf}1`] },
    pending: { base: [`${conf}2`] },
    wanted: { base: [`${conf}2`] },
    rows: ['drift file /etc/a sha256 3 1', 'change file /etc/a sha256 1 2'],
  },
  'instructions are told when they change, but for the silent ones': {
    observed: ['directory /srv/a mode=0755', 'blob b state=present', 'unit u active=active'],
    stored: {
      base: [
        'directory /srv/a mode=0755 @remove=keep',
        'blob b state=present @run=1',
        'unit u active=active @change=reload',
      ],
    },
    wanted: {
      base: [
        'directory /srv/a mode=0755 @whole=yes',
        'blob b state=present @run=2',
        'unit u active=active @change=restart',
      ],
    },
    rows: ['change directory /srv/a whole  yes', 'change directory /srv/a remove keep '],
  },
  'a new instruction of a key that was not there': {
    observed: ['file /etc/a mode=0644'],
    stored: { base: ['file /etc/a mode=0644'] },
    wanted: { base: ['file /etc/a mode=0644 @check=nginx'] },
    rows: ['change file /etc/a check  nginx'],
  },
  'after a changed port nothing drifted: one instance is new, the other about to go': {
    observed: ['instances shop running=3700,3701,4200'],
    stored: { site: ['instances shop running=3700,3701'] },
    wanted: { site: ['instances shop running=3701,4200'] },
    rows: ['change instances shop running 3700,3701,4200 3701,4200'],
  },
  'an instance that nobody ever wanted is drift': {
    observed: ['instances shop running=3700,5000'],
    stored: { site: ['instances shop running=3700'] },
    wanted: { site: ['instances shop running=3700'] },
    rows: ['drift instances shop running 3700,5000 3700'],
  },
  'an instance that runs what was applied last did not drift': {
    observed: [
      'rollout shop current=aaaaaaaaaa 1=release·aaaaaaaa 2=older·unit 3=release·cccccccc 4=stopped',
    ],
    stored: {
      r: ['rollout shop current=aaaaaaaaaa 1=current 2=current 3=current 4=current @unit=u1'],
    },
    wanted: {
      r: ['rollout shop current=bbbbbbbbbb 1=current 2=current 3=current 4=current @unit=u2'],
    },
    rows: [
      'change rollout shop current aaaaaaaaaa bbbbbbbbbb',
      'change rollout shop 1 release·aaaaaaaa current',
      'change rollout shop 2 older·unit current',
      'drift rollout shop 3 release·cccccccc current',
      'drift rollout shop 4 stopped current',
    ],
  },
  'gone: applied, and named by no manifest any more; but for what stays': {
    observed: [],
    stored: {
      base: [
        `${conf}1`,
        'package p state=installed',
        'blob b state=present',
        'tree /srv/r1 content=intact @remove=keep',
        'tree /srv/r2 content=intact',
      ],
    },
    wanted: { base: [] },
    rows: ['gone file /etc/a   ', 'gone tree /srv/r2   '],
  },
  'an item that another manifest names does not go': {
    observed: [],
    stored: { base: [`${conf}1`], other: [`${conf}1`] },
    wanted: { base: [] },
    rows: [],
  },
  'what moved from one manifest to another is known': {
    observed: ['file /etc/a mode=0666 sha256=1'],
    stored: { nginx: [`${conf}1`] },
    wanted: { base: [`${conf}1`] },
    rows: ['drift file /etc/a mode 0666 0644'],
  },
  'foreign: ends all else': {
    observed: ['user jane foreign=somebody’s'],
    wanted: { base: ['user jane home=/'] },
    rows: ['foreign user jane  somebody’s '],
  },
  'what only follows from another difference is an echo': {
    observed: [
      `${conf}2`,
      'unit a.service active=active config=current @stale=/etc/a',
      'unit b.service reload=needed',
      'file /etc/systemd/system/b.service sha256=9',
      'file /etc/monit/c sha256=9',
      'monitor m state=unknown',
      'monitor n state=not·loaded',
    ],
    stored: {
      base: [
        `${conf}1`,
        'unit a.service active=active config=current',
        'unit b.service active=',
        'file /etc/systemd/system/b.service sha256=1',
        'file /etc/monit/c sha256=1',
        'monitor m state=monitored',
        'monitor n state=monitored',
      ],
    },
    wanted: {
      base: [
        `${conf}1`,
        'unit a.service active=active config=current',
        'unit b.service active=',
        'file /etc/systemd/system/b.service sha256=1',
        'file /etc/monit/c sha256=1',
        'monitor m state=monitored',
        'monitor n state=monitored',
      ],
    },
    rows: [
      'drift file /etc/a sha256 2 1',
      'drift unit a.service config stale current echo',
      'drift unit b.service reload needed  echo',
      'drift file /etc/systemd/system/b.service sha256 9 1',
      'drift file /etc/monit/c sha256 9 1',
      'drift monitor m state unknown monitored echo',
      'drift monitor n state not·loaded monitored echo',
    ],
  },
  'what sshd cannot say follows from the kit’s file, and what holds meanwhile is told': {
    observed: [
      'file /etc/ssh/sshd_config.d/10-keelson.conf type=fifo',
      'sshd X11Forwarding value=unreadable',
      'sshd PermitTunnel value=yes',
    ],
    stored: {
      access: [
        'file /etc/ssh/sshd_config.d/10-keelson.conf sha256=1',
        'sshd X11Forwarding value=no',
        'sshd PermitTunnel value=no',
      ],
    },
    wanted: {
      access: [
        'file /etc/ssh/sshd_config.d/10-keelson.conf sha256=1',
        'sshd X11Forwarding value=no',
        'sshd PermitTunnel value=no',
      ],
    },
    rows: [
      'drift file /etc/ssh/sshd_config.d/10-keelson.conf type fifo file',
      'drift sshd X11Forwarding value unreadable no echo',
      'drift sshd PermitTunnel value yes no',
    ],
  },
  'a unit file of instances that was written makes systemd ask for a reload': {
    observed: [
      'file /etc/systemd/system/shop@.service sha256=9',
      'rollout shop current=c3 4190=reload·needed 4191=stopped',
      'rollout store current=c3 1=reload·needed',
    ],
    stored: {
      app: ['file /etc/systemd/system/shop@.service sha256=1'],
      r: [
        'rollout shop current=c3 4190=current 4191=current',
        'rollout store current=c3 1=current',
      ],
    },
    wanted: {
      app: ['file /etc/systemd/system/shop@.service sha256=1'],
      r: [
        'rollout shop current=c3 4190=current 4191=current',
        'rollout store current=c3 1=current',
      ],
    },
    rows: [
      'drift file /etc/systemd/system/shop@.service sha256 9 1',
      'drift rollout shop 4190 reload·needed current echo',
      'drift rollout shop 4191 stopped current',
      'drift rollout store 1 reload·needed current',
    ],
  },
  'alone it is told': {
    observed: [
      `${conf}1`,
      'unit a.service config=current @stale=/etc/a',
      'monitor m state=unknown',
    ],
    stored: { base: [`${conf}1`, 'unit a.service config=current', 'monitor m state=monitored'] },
    wanted: { base: [`${conf}1`, 'unit a.service config=current', 'monitor m state=monitored'] },
    rows: ['drift unit a.service config stale current', 'drift monitor m state unknown monitored'],
  },
};

for (const [title, { rows, ...given }] of Object.entries(cases))
  test(title, () => assert.deepEqual(difference('apply', given), rows));

test('an item of which nothing was seen is an error, never an absence', () => {
  assert.throws(
    () => difference('apply', { observed: [], wanted: { base: [`${conf}1`] } }),
    /keelson: nothing could be found out about file \/etc\/a/,
  );
});

test('what was just applied is held against the host alone', () => {
  const given = {
    observed: [`${conf}2`],
    stored: { base: [`${conf}1 @check=a`, 'file /etc/gone mode=0644'] },
    wanted: { base: [`${conf}3 @check=b`] },
  };
  assert.deepEqual(difference('settled', given), ['drift file /etc/a sha256 2 3']);
});

test('the look says which manifests are due, and why', () => {
  const given = {
    observed: [
      `${conf}2`,
      'unit a.service config=current @stale=/etc/b',
      'file /etc/b sha256=1',
      'user u home=/',
    ],
    stored: {
      base: [`${conf}1`, 'unit a.service config=current', 'file /etc/old mode=0644'],
      site: ['file /etc/b sha256=1', 'unit a.service config=current', `${conf}1`],
      nginx: ['file /etc/b sha256=1', 'file /etc/nobody sha256=1', 'package p state=installed'],
      theirs: ['file /etc/theirs sha256=1'],
    },
    owners: { theirs: 'other' },
    wanted: {
      base: [`${conf}1`, 'unit a.service config=current'],
      site: ['file /etc/b sha256=1', 'unit a.service config=current', `${conf}1`],
      users: ['user u home=/'],
    },
  };
  assert.deepEqual(difference('look', given), [
    'manifest base due',
    'drift file /etc/a sha256 2 1',
    'gone file /etc/old   ',
    'manifest site due',
    // Not because of /etc/a, which it does not read.
    'drift unit a.service config stale current',
    'manifest users due',
    'manifest nginx gone',
    'gone file /etc/nobody   ',
    'text /etc/a found ',
  ]);
});

test('what moves to another manifest does not go, and its own is told so', () => {
  const given = {
    observed: ['sysctl vm.swappiness value=10', `${conf}1`],
    stored: { base: ['sysctl vm.swappiness value=10', `${conf}1`, 'sysctl vm.x value=1'] },
    wanted: { base: [`${conf}1`], access: ['sysctl vm.swappiness value=10'] },
  };
  assert.deepEqual(difference('look', given), [
    'manifest base due',
    'moves sysctl vm.swappiness',
    'gone sysctl vm.x   ',
    'manifest access due',
  ]);
  const { base } = given.wanted;
  const moved = "moved_items=$(printf 'sysctl\\tvm.swappiness')";
  assert.deepEqual(difference('apply', { ...given, wanted: { base } }, moved), [
    'gone sysctl vm.x   ',
  ]);
});

test('what goes says what others may want of it', () => {
  const stored = {
    'rollout-shop': [
      'rollout shop current=1 target=active 3700=current 3701=current @type=web @stop=5',
      'rollout jobs current=1 target=active 1=current @type=worker',
    ],
    'site-shop': [
      'file /etc/nginx/keelson.d/shop.conf mode=0644 @check=nginx @serves=a.de·default',
      'directory /srv/shop/media mode=0750 @remove=keep',
      'directory /srv/shop mode=0750',
    ],
  };
  assert.deepEqual(difference('look', { observed: [], stored, wanted: {} }), [
    'manifest rollout-shop gone',
    'gone rollout shop  3700,3701 ',
    'gone rollout jobs   ',
    'manifest site-shop gone',
    'gone file /etc/nginx/keelson.d/shop.conf  a.de·default ',
    'gone directory /srv/shop/media  keep ',
    'gone directory /srv/shop   ',
  ]);
});

test('domains are told by the content of their site', () => {
  const file = (serves: string) => `file /etc/a mode=0644 sha256=1 @check=a @serves=${serves}`;
  const given = { stored: { base: [file('a.de')] }, wanted: { base: [file('b.de')] } };
  assert.deepEqual(
    difference('apply', { observed: ['file /etc/a mode=0644 sha256=1'], ...given }),
    [],
  );
});
test('of a manifest that was only begun, and that nobody wants any more, what was made goes', () => {
  const given = {
    observed: [
      'group shop members=',
      'user shop state=missing',
      'user other foreign=is·there·already',
      'directory /srv/shop mode=0755',
      'directory /srv/link type=link',
      'file /etc/a sha256=1',
      'file /etc/by-hand sha256=9',
      'unit shop.target enabled=disabled',
    ],
    stored: { 'app-blog': ['directory /etc/shared mode=0755'] },
    pending: {
      'app-blog': ['directory /etc/shared mode=0755', 'file /etc/a sha256=1'],
      'app-shop': [
        'group shop members=',
        'user shop home=/',
        'user other home=/',
        'directory /srv/shop mode=0755',
        'directory /srv/link mode=0755',
        'blob b state=present',
        'file /etc/a sha256=1',
        'file /etc/by-hand sha256=1',
        'unit shop.target enabled=enabled',
        'package p state=installed',
      ],
      'app-theirs': ['group shop members='],
    },
    owners: { 'app-theirs': 'other' },
    wanted: { base: ['file /etc/a sha256=1'] },
  };
  assert.deepEqual(difference('look', given), [
    'manifest base due',
    'manifest app-blog gone',
    'gone directory /etc/shared   ',
    'manifest app-shop gone',
    'gone group shop   ',
    'gone directory /srv/shop   ',
    'gone unit shop.target   ',
  ]);
});
