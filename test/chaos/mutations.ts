/** Mutations: the ways in which a host is damaged behind the kit's back, one small record each. */
import type { Item } from '../../components/host/item.ts';
import { key } from '../../components/host/manifest.ts';
import { short } from '../../components/host/rows.ts';

/** Everything that is managed on the host, as it was applied last. */
export type Managed = readonly Item[];

export type Mutation = {
  /** What is done, in words. */
  readonly name: string;
  /** Whether it can befall this item. */
  readonly befalls: (item: Item, all: Managed) => boolean;
  /** Shell that does the damage, as root on the host. */
  readonly damage: (item: Item, all: Managed) => string;
  /** What a preview must name, when that is not the damaged item alone. */
  readonly names?: (item: Item, all: Managed) => string[];
  /** Nothing else of its manifest, or at all, is damaged with it: one of the two would hide the other. */
  readonly alone?: 'manifest' | 'host';
  /** Services of other manifests that are told of the repair. */
  readonly concerns?: readonly string[];
};

/** A release that is kept on the host beside the current one; `scenario.ts` puts it there. */
export const otherRelease = '0'.repeat(64);

/** An item as previews, logs and this file name it. */
export const label = (item: Item): string => short(key(item));

const of =
  (...kinds: string[]) =>
  ({ kind }: Item): boolean =>
    kinds.includes(kind);

const isWhole = (item: Item): boolean =>
  item.kind === 'directory' && item.instructions?.['@whole'] !== undefined;

/** What lies in a directory, and so is gone with it. */
const below = (item: Item, all: Managed): Item[] =>
  all.filter(
    ({ kind, name }) =>
      of('file', 'directory', 'link', 'tree')({ kind, name, state: {} }) &&
      name.startsWith(`${item.name}/`),
  );

const withAllBelow = (item: Item, all: Managed): string[] => [item, ...below(item, all)].map(label);

/** Directories whose loss is told by what is in them; those of code are damaged as trees. */
const isLeaf = (item: Item, all: Managed): boolean =>
  item.kind === 'directory' &&
  // Debian's own files lie there as well, and nobody would bring them back.
  !['/etc/profile.d', '/etc/security/limits.d'].includes(item.name) &&
  below(item, all).every(({ kind }) => kind === 'file') &&
  !below(item, all).some(({ name }) => name.startsWith('/etc/systemd/'));

/** What people keep lies in it: a link in its place is refused, and nothing is mended behind it. */
const isKept = ({ instructions = {} }: Item): boolean =>
  ['keep', 'last'].includes(instructions['@remove'] ?? '') || '@theirs' in instructions;

const isUnit =
  (...names: string[]) =>
  (item: Item): boolean =>
    item.kind === 'unit' && names.includes(item.name);

const isNamed =
  (kind: string, name: string) =>
  (item: Item): boolean =>
    item.kind === kind && item.name === name;

const isCode = (item: Item): boolean => item.kind === 'tree' && item.name.includes('/releases/');

const path = ({ name }: Item): string => `'${name}'`;

/** What cannot be written in a shell's own words: a socket, since Debian's base has no other tool. */
const bindSocket = (item: Item): string =>
  `rm -f ${path(item)} && perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); chdir "${item.name.replace(/\/[^/]*$/, '')}"; bind(S, sockaddr_un("${item.name.replace(/^.*\//, '')}")) or die $!'`;

const content: Mutation[] = [
  {
    name: 'a line is added by hand',
    befalls: of('file'),
    damage: (item) => `echo '# by hand' >>${path(item)}`,
  },
  {
    name: 'its content is replaced by nonsense',
    befalls: of('file'),
    damage: (item) => `printf 'broken {\\n' >${path(item)}`,
  },
  {
    name: 'binary bytes get into it',
    befalls: of('file'),
    damage: (item) => `printf '\\000\\377|\\t\\n\\n' >>${path(item)}`,
  },
  { name: 'it is truncated', befalls: of('file'), damage: (item) => `: >${path(item)}` },
  {
    name: 'its last newline is cut off',
    befalls: of('file'),
    damage: (item) => `truncate -s -1 ${path(item)}`,
  },
];

const modes: Mutation[] = [
  {
    name: 'its owner changes',
    befalls: of('file', 'directory', 'tree'),
    damage: (item) => `chown games ${path(item)}`,
  },
  {
    name: 'its group changes',
    befalls: of('file', 'directory', 'tree'),
    damage: (item) => `chgrp games ${path(item)}`,
  },
  {
    name: 'everybody may write it',
    befalls: of('file', 'directory'),
    damage: (item) => `chmod o+w ${path(item)}`,
  },
  {
    name: 'nobody may read it',
    befalls: of('file'),
    damage: (item) => `chmod 0000 ${path(item)}`,
  },
  { name: 'it becomes set-uid', befalls: of('file'), damage: (item) => `chmod u+s ${path(item)}` },
  {
    name: 'it becomes sticky',
    befalls: of('directory'),
    damage: (item) => `chmod +t ${path(item)}`,
  },
];

const attributes: Mutation[] = [
  {
    name: 'an ACL lets somebody in',
    befalls: of('file', 'directory'),
    damage: (item) => `setfacl -m u:games:rw ${path(item)}`,
  },
  {
    name: 'a default ACL is handed down',
    befalls: of('directory'),
    damage: (item) => `setfacl -d -m u:games:rwx ${path(item)}`,
  },
  {
    name: 'an extended attribute is set',
    befalls: of('file', 'directory'),
    damage: (item) => `setfattr -n user.by-hand -v 1 ${path(item)}`,
  },
  {
    name: 'it gets a capability',
    befalls: of('file'),
    damage: (item) =>
      `setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 ${path(item)}`,
  },
  {
    name: 'it becomes immutable',
    befalls: of('file', 'directory'),
    damage: (item) => `chattr +i ${path(item)}`,
  },
  {
    name: 'it becomes append-only',
    befalls: of('file', 'directory'),
    damage: (item) => `chattr +a ${path(item)}`,
  },
  {
    name: 'it is changed and made immutable',
    befalls: of('file'),
    damage: (item) => `echo '# by hand' >>${path(item)}; chattr +i ${path(item)}`,
  },
];

const types: Mutation[] = [
  { name: 'it is removed', befalls: of('file'), damage: (item) => `rm ${path(item)}` },
  {
    name: 'it becomes a link to a copy',
    befalls: of('file'),
    damage: (item) => `cp -p ${path(item)} /tmp/chaos-copy && ln -sf /tmp/chaos-copy ${path(item)}`,
  },
  {
    name: 'it becomes a link to an endless device',
    befalls: of('file'),
    damage: (item) => `ln -sf /dev/zero ${path(item)}`,
  },
  {
    name: 'it becomes a directory',
    befalls: of('file'),
    damage: (item) => `rm ${path(item)} && mkdir -p ${path(item)}/inner`,
  },
  { name: 'it becomes a socket', befalls: of('file'), damage: bindSocket },
  {
    name: 'it becomes a fifo',
    // PAM reads limits at each login, and waits: nobody comes in any more.
    befalls: (item) => item.kind === 'file' && !item.name.startsWith('/etc/security/'),
    damage: (item) => `rm ${path(item)} && mkfifo ${path(item)}`,
  },
  {
    name: 'something comes back to its place',
    befalls: of('absent'),
    damage: (item) => `echo '# by hand' >${path(item)}`,
  },
];

const directories: Mutation[] = [
  {
    name: 'it is removed with all it holds',
    befalls: isLeaf,
    damage: (item) => `rm -rf ${path(item)}`,
    names: withAllBelow,
    alone: 'manifest',
  },
  {
    name: 'it becomes a link to its copy',
    befalls: (item, all) => isLeaf(item, all) && !isKept(item),
    damage: (item) =>
      `rm -rf /tmp/chaos-directory && mv ${path(item)} /tmp/chaos-directory && ln -s /tmp/chaos-directory ${path(item)}`,
    names: withAllBelow,
    alone: 'manifest',
  },
  {
    name: 'it becomes a file',
    befalls: isLeaf,
    damage: (item) => `rm -rf ${path(item)} && echo 'by hand' >${path(item)}`,
    names: withAllBelow,
    alone: 'manifest',
  },
  {
    name: 'a file appears in it',
    befalls: isWhole,
    damage: (item) => `echo '# by hand' >${path(item)}/by-hand.conf`,
  },
  {
    name: 'a file with an odd name appears in it',
    befalls: isWhole,
    damage: (item) => `echo '# by hand' >${path(item)}/'by, hand
and more'`,
  },
  {
    name: 'a file appears in it that is called as another, up to a tab',
    befalls: isWhole,
    damage: (item) =>
      `echo '# by hand' >"$(printf '%s\\tby-hand.conf' ${path(item)}/"$(ls ${path(item)} | head -n 1)")"`,
  },
  {
    name: 'a file appears in it that is called as another, up to a line break',
    befalls: isWhole,
    damage: (item) =>
      `echo '# by hand' >"$(printf '%s\\nby-hand.conf' ${path(item)}/"$(ls ${path(item)} | head -n 1)")"`,
  },
  {
    name: 'a hidden file appears in it',
    befalls: isWhole,
    damage: (item) => `echo '# by hand' >${path(item)}/.by-hand`,
  },
  {
    name: 'a full directory appears in it',
    befalls: isWhole,
    damage: (item) =>
      `mkdir -p ${path(item)}/by-hand/inner && chattr +i ${path(item)}/by-hand/inner`,
  },
  {
    name: 'a link appears in it',
    befalls: isWhole,
    damage: (item) => `ln -s /etc/shadow ${path(item)}/by-hand.conf`,
  },
];

const trees: Mutation[] = [
  {
    name: 'a file of the code changes',
    befalls: isCode,
    damage: (item) => `echo '// by hand' >>${path(item)}/lib/a.js`,
  },
  {
    name: 'a file of the code changes and looks as before',
    befalls: isCode,
    damage: (item) =>
      `cd ${path(item)} && touch -r lib/a.js /tmp/chaos-time && sed -i s/1/2/ lib/a.js && chgrp --reference=server.js lib/a.js && chmod --reference=server.js lib/a.js && touch -r /tmp/chaos-time lib/a.js`,
  },
  {
    name: 'a file is added to the code',
    befalls: isCode,
    damage: (item) => `echo '// by hand' >${path(item)}/lib/by-hand.js`,
  },
  {
    name: 'a file is added to the code that is called as another, up to a line break',
    befalls: isCode,
    damage: (item) => `echo '// by hand' >${path(item)}/'server.js
by-hand.js'`,
  },
  {
    name: 'a directory is added to the code',
    befalls: isCode,
    damage: (item) => `mkdir -p ${path(item)}/node_modules/by-hand`,
  },
  {
    name: 'a file of the code is removed',
    befalls: isCode,
    damage: (item) => `rm ${path(item)}/lib/a.js`,
  },
  {
    name: 'a directory of the code is removed',
    befalls: isCode,
    damage: (item) => `rm -r ${path(item)}/lib`,
  },
  {
    name: 'a file of the code becomes a directory',
    befalls: isCode,
    damage: (item) => `rm ${path(item)}/lib/a.js && mkdir ${path(item)}/lib/a.js`,
  },
  {
    name: 'the mode of a file of the code changes',
    befalls: isCode,
    damage: (item) => `chmod o+w ${path(item)}/server.js`,
  },
  {
    name: 'the owner of a file of the code changes',
    befalls: isCode,
    damage: (item) => `chown shop ${path(item)}/server.js`,
  },
  {
    name: 'a program of the code is not executable any more',
    befalls: isCode,
    damage: (item) => `chmod a-x ${path(item)}/bin/task`,
  },
  {
    name: 'a program of the code gets a capability',
    befalls: isCode,
    damage: (item) =>
      `setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 ${path(item)}/bin/task`,
  },
  {
    name: 'an ACL opens a directory of the code',
    befalls: isCode,
    damage: (item) => `setfacl -m u:games:rwx ${path(item)}/lib`,
  },
  {
    name: 'a file of the code becomes immutable',
    befalls: isCode,
    damage: (item) => `chattr +i ${path(item)}/server.js`,
  },
  {
    name: 'a link in the code points elsewhere',
    befalls: isCode,
    damage: (item) => `ln -sfn server.js ${path(item)}/main.js`,
  },
  {
    name: 'the code is removed',
    befalls: isCode,
    damage: (item) => `rm -rf ${path(item)}`,
    names: (item) => [label(item), 'rollout shop'],
    alone: 'manifest',
  },
  {
    name: 'the copy of the static files is removed',
    befalls: (item) => item.kind === 'tree' && item.name.includes('/public/'),
    damage: (item) => `rm -rf ${path(item)}`,
  },
  {
    name: 'the packed release is removed',
    befalls: of('blob'),
    damage: ({ name }) => `rm /var/lib/keelson/blobs/${name}`,
  },
  {
    name: 'the packed release is damaged',
    befalls: of('blob'),
    damage: ({ name }) =>
      `printf x | dd of=/var/lib/keelson/blobs/${name} bs=1 seek=100 conv=notrunc status=none`,
  },
];

/** Replaces the n-th field of a user's line in /etc/passwd; usermod would change more than that. */
const passwd =
  (n: number, value: string) =>
  (item: Item): string =>
    `awk -F : -v OFS=: '$1 == "${item.name}" { $${n} = "${value}" } { print }' /etc/passwd >/tmp/chaos-passwd && cat /tmp/chaos-passwd >/etc/passwd`;

const accounts: Mutation[] = [
  { name: 'the user gets a shell', befalls: of('user'), damage: passwd(7, '/bin/dash') },
  { name: 'the user gets another home', befalls: of('user'), damage: passwd(6, '/root') },
  { name: 'the user gets another comment', befalls: of('user'), damage: passwd(5, 'Jane') },
  {
    name: 'the user becomes a second root',
    // An app's directories would be told too: what is theirs has no owner then.
    befalls: (item) => item.kind === 'user' && item.name === 'deploy',
    damage: passwd(3, '0'),
  },
  {
    name: 'the user gets another primary group',
    befalls: of('user'),
    damage: passwd(4, '60'),
  },
  {
    name: 'the user joins a group',
    befalls: of('user'),
    damage: ({ name }) => `usermod -a -G adm ${name}`,
  },
  {
    name: 'the user gets a password',
    befalls: of('user'),
    damage: ({ name }) => `usermod -p '$6$salt$hash' ${name}`,
  },
  {
    name: 'the user needs no password',
    befalls: of('user'),
    damage: ({ name }) => `passwd -q -d ${name}`,
  },
  {
    name: 'somebody joins the group',
    befalls: of('group'),
    damage: ({ name }) => `gpasswd -a games ${name} >/dev/null`,
  },
  {
    name: 'the user is deleted',
    befalls: of('user'),
    damage: ({ name }) => `sed -i '/^${name}:/d' /etc/passwd /etc/shadow`,
    names: (user, all) =>
      [user, ...all.filter(({ state }) => state.owner === user.name)].map(label),
    alone: 'host',
    // The packet filter knows a user by its number.
    concerns: ['keelson-filter.service'],
  },
];

const packages: Mutation[] = [
  {
    name: 'the package is removed',
    befalls: (item) => item.kind === 'package' && ['acl', 'attr'].includes(item.name),
    damage: ({ name }) => `dpkg --remove ${name} >/dev/null 2>&1`,
    alone: 'host',
  },
];

const dropin = (directory: string): string =>
  `mkdir -p ${directory} && printf '[Service]\\nNice=5\\n' >${directory}/by-hand.conf`;

const services = isUnit('nginx.service', 'monit.service');

/** A service whose file is Debian's: one of the kit's own in /etc can neither be masked nor overridden there. */
const debianServices = (item: Item): boolean => services(item) && !item.state.fragment;

const units: Mutation[] = [
  {
    name: 'the unit is disabled',
    befalls: isUnit('nginx.service', 'monit.service', 'shop.target'),
    damage: ({ name }) => `systemctl disable --quiet ${name}`,
  },
  {
    name: 'the service is stopped',
    befalls: services,
    damage: ({ name }) => `systemctl stop ${name}`,
    alone: 'manifest',
  },
  {
    name: 'the service is masked and stopped',
    befalls: debianServices,
    damage: ({ name }) => `systemctl mask --now --quiet ${name}`,
    alone: 'manifest',
  },
  {
    name: 'the service is masked until the next boot',
    befalls: debianServices,
    damage: ({ name }) => `systemctl mask --runtime --quiet ${name}`,
    alone: 'manifest',
  },
  {
    name: 'a drop-in overrides the service',
    befalls: services,
    damage: ({ name }) => `${dropin(`/etc/systemd/system/${name}.d`)} && systemctl daemon-reload`,
  },
  {
    name: 'a drop-in waits for the next daemon-reload',
    befalls: services,
    damage: ({ name }) => dropin(`/etc/systemd/system/${name}.d`),
  },
  {
    name: 'a property of the service is set until the next boot',
    befalls: services,
    damage: ({ name }) => `systemctl set-property --runtime ${name} CPUWeight=50`,
  },
  {
    name: 'a copy in /etc overrides the service',
    befalls: debianServices,
    damage: ({ name }) =>
      `cp /usr/lib/systemd/system/${name} /etc/systemd/system/${name} && systemctl daemon-reload`,
  },
  {
    name: 'its file is newer than what systemd has read',
    befalls: isUnit('shop.target'),
    damage: () => 'sleep 0.1; touch /etc/systemd/system/shop.target',
  },
];

const rollouts: Mutation[] = [
  {
    name: 'an instance is stopped',
    befalls: of('rollout'),
    damage: ({ name }) => `systemctl stop ${name}@3700.service`,
  },
  {
    name: 'all instances are stopped',
    befalls: of('rollout'),
    damage: ({ name }) => `systemctl stop ${name}.target`,
  },
  {
    name: 'an instance runs an older release',
    befalls: of('rollout'),
    damage: ({ name }) =>
      `cd /srv/${name} && was=$(readlink current) && ln -sfn releases/${otherRelease} current && systemctl restart ${name}@3701.service && ln -sfn "$was" current`,
  },
  {
    name: 'an instance runs with another environment',
    befalls: of('rollout'),
    damage: ({ name }) =>
      `f=/etc/keelson/${name}/environment && cp -p $f /tmp/chaos-environment && sed -i 's/^KEELSON_ENVIRONMENT=./&0/' $f && systemctl restart ${name}@3700.service && cp -p /tmp/chaos-environment $f && chgrp ${name} $f`,
  },
  {
    name: 'an instance runs an older unit',
    befalls: of('rollout'),
    damage: ({ name }) =>
      `f=/etc/systemd/system/${name}@.service && cp -p $f /tmp/chaos-unit && sed -i 's/KEELSON_UNIT=./&0/' $f && systemctl daemon-reload && systemctl restart ${name}@3700.service && cp -p /tmp/chaos-unit $f && systemctl daemon-reload`,
  },
  {
    name: 'current points at another release',
    befalls: of('rollout'),
    damage: ({ name }) => `ln -sfn /srv/${name}/releases/${otherRelease} /srv/${name}/current`,
  },
  {
    name: 'current is removed',
    befalls: of('rollout'),
    damage: ({ name }) => `rm /srv/${name}/current`,
  },
  {
    name: 'nginx is given other static files',
    befalls: of('rollout'),
    damage: ({ name }) =>
      `ln -sfn /srv/${name}/releases/${otherRelease} /srv/${name}/public/current`,
  },
  {
    name: 'nginx is given no static files',
    befalls: of('rollout'),
    damage: ({ name }) => `rm /srv/${name}/public/current`,
  },
  {
    name: 'the unit file of the instances is newer than what systemd has read',
    befalls: of('rollout'),
    damage: ({ name }) => `sleep 0.1; touch /etc/systemd/system/${name}@.service`,
  },
  {
    name: 'an instance is masked',
    befalls: of('rollout'),
    damage: ({ name }) => `systemctl mask --quiet ${name}@3701.service`,
  },
  {
    name: 'a drop-in overrides the instances',
    befalls: of('rollout'),
    damage: ({ name }) =>
      `${dropin(`/etc/systemd/system/${name}@.service.d`)} && systemctl daemon-reload`,
  },
  {
    name: 'a stray instance runs',
    befalls: of('instances'),
    damage: ({ name }) => `systemctl start ${name}@3709.service`,
  },
];

const kernel: Mutation[] = [
  {
    name: 'the rules are gone',
    befalls: of('ruleset'),
    damage: () => 'nft delete table inet keelson',
  },
  {
    name: 'a rule is added',
    befalls: of('ruleset'),
    damage: () => "nft add element inet keelson ports '{ 1 }'",
  },
  {
    name: 'the live value changes',
    befalls: of('sysctl'),
    damage: ({ name, state }) =>
      `sysctl -q -w ${name}='${state.value?.replace(/\d$/, (digit) => String((Number(digit) + 1) % 2))}'`,
  },
  {
    name: 'the time zone changes',
    befalls: isNamed('setting', 'timezone'),
    damage: () => 'ln -sfn /usr/share/zoneinfo/Asia/Tokyo /etc/localtime',
  },
  {
    name: 'the time zone becomes a file',
    befalls: isNamed('setting', 'timezone'),
    damage: () => 'cp --remove-destination /usr/share/zoneinfo/Asia/Tokyo /etc/localtime',
  },
  {
    name: 'the live host name changes',
    befalls: isNamed('setting', 'hostname'),
    damage: () => 'hostname by-hand',
  },
  {
    name: 'the host name on disk changes',
    befalls: isNamed('setting', 'hostname'),
    damage: () => 'echo by-hand >/etc/hostname',
  },
];

const running: Mutation[] = [
  {
    name: 'nginx runs another configuration than the one on disk',
    befalls: isUnit('nginx.service'),
    damage: () =>
      'f=/etc/nginx/keelson.d/shop.conf && cp -p $f /tmp/chaos-site && echo "# other" >>$f && nginx -s reload && sleep 0.5 && cp -p /tmp/chaos-site $f',
    alone: 'manifest',
  },
  {
    name: 'Monit runs another configuration than the one on disk',
    befalls: isUnit('monit.service'),
    damage: () =>
      'f=/etc/monit/keelson.d/shop.conf && cp -p $f /tmp/chaos-checks && echo "# other" >>$f && monit reload >/dev/null 2>&1; sleep 0.5 && cp -p /tmp/chaos-checks $f',
    alone: 'manifest',
  },
  {
    name: 'the check is not watched any more',
    befalls: of('monitor'),
    damage: ({ name }) => `monit unmonitor ${name}`,
    alone: 'manifest',
  },
];

/** The kit's own on the host. Its manifests are items here, so that they can be damaged like others. */
const own: Mutation[] = [
  {
    name: 'the helper is changed',
    befalls: of('helper'),
    damage: ({ name }) => `echo '# by hand' >>${name}`,
    names: ({ name }) => [`file ${name}`],
  },
  {
    name: 'the helper becomes a directory',
    befalls: of('helper'),
    damage: ({ name }) => `rm ${name} && mkdir -p ${name}/by-hand`,
    names: ({ name }) => [`file ${name}`],
  },
  {
    name: 'the helper becomes a fifo',
    befalls: of('helper'),
    damage: ({ name }) => `rm ${name} && mkfifo ${name}`,
    names: ({ name }) => [`file ${name}`],
  },
  {
    name: 'the helper is removed',
    befalls: of('helper'),
    damage: ({ name }) => `rm ${name}`,
    names: ({ name }) => [`file ${name}`],
  },
  {
    name: 'everybody may write the helper',
    befalls: of('helper'),
    damage: ({ name }) => `chmod o+w ${name}`,
    names: ({ name }) => [`file ${name}`],
  },
  {
    name: 'what was applied last is forgotten',
    befalls: of('manifest'),
    damage: ({ name }) => `rm /var/lib/keelson/manifests/${name}`,
    alone: 'manifest',
  },
];

export const mutations: readonly Mutation[] = [
  ...[...content, ...modes, ...attributes, ...types, ...directories, ...trees, ...accounts],
  ...[...packages, ...units, ...rollouts, ...kernel, ...running, ...own],
];
