/**
 * Ways to log in, over the real sshd of both Debians: those that work do for the look and for the command plugin, and
 * of those that do not the message names the host, the true cause and the remedy.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { commandConnection } from '../../components/pulumi/connection.ts';
import { open, type Reached, type Way } from '../../components/ssh/connection.ts';
import { type Connection, dial } from '../../tools/stand-in/connection.ts';
import { type DebianHost, testHost } from '../harness/host.ts';
import { triedOn } from '../harness/releases.ts';
import { keyPair } from '../harness/ssh-server.ts';

const accounts = `
for user in first.last shut false old gone poor; do
  useradd --badname -m -s /bin/sh "$user" 2>/dev/null || useradd --badnames -m -s /bin/sh "$user"
  install -d -o "$user" -m 700 "/home/$user/.ssh"
  install -o "$user" -m 600 /home/admin/.ssh/authorized_keys "/home/$user/.ssh/"
done
echo 'first.last ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/first_last
usermod -s /usr/sbin/nologin shut
usermod -s /bin/false false
chage -d 0 old
chage -E 0 gone
mkdir -p /etc/ssh/sshd_config.d
`;

/** What a row has at hand. */
type Place = {
  host: DebianHost;
  /** A home directory of its own, with `.ssh` in it. */
  home: string;
  /** The lines of the host's known_hosts that name kinds of keys. */
  known(...kinds: string[]): string;
  /** Writes a file into the home directory; returns its path. */
  write(name: string, text: string): string;
  /** Says more to sshd than what its package does. */
  sshd(lines: string): Promise<void>;
};

type Row = {
  what: string;
  way(place: Place): Promise<Partial<Way>> | Partial<Way>;
  /** The whole message behind the name of the host; none where the login works. */
  says?: string | RegExp | ((place: Place) => string);
  /** Who is named in the message, where that is not `admin`. */
  as?: string;
  reached?(reached: Reached, place: Place): void;
  only?: 'trixie';
};

const instead = 'name an unencrypted private key, or leave it out and use the SSH agent';

const rows: Row[] = [
  {
    what: 'the agent, and a key that is known',
    way: () => ({}),
    reached: ({ login }) => assert.ok('agent' in login),
  },
  {
    what: 'a private key in a file',
    way: ({ host }) => ({ privateKey: host.identity }),
    reached: ({ login }) => assert.ok('key' in login),
  },
  ...['ecdsa', 'rsa'].map(
    (kind): Row => ({
      what: `a host of which only the ${kind} key is known proves its ed25519 one`,
      way: ({ known, write }) => ({ knownHosts: write(`known-${kind}`, known(kind)) }),
      reached: ({ hostKey }) => assert.match(hostKey, /^ssh-ed25519 /),
    }),
  ),
  {
    what: 'an alias of ssh_config, with all that it says',
    way: ({ host, write, known }) => {
      delete process.env.SSH_AUTH_SOCK;
      const { address, user, identity } = host;
      write(
        '.ssh/config',
        `Host prod_web\n HostName ${address}\n User ${user}\n IdentityFile ${identity}\n IdentitiesOnly yes\n HostKeyAlias web\n UserKnownHostsFile "${write('.ssh/known', known('ed25519').replace(/^\S+/gm, 'web'))}"\n`,
      );
      return { address: 'prod_web', user: undefined, knownHosts: undefined };
    },
    reached: ({ login, target }) => {
      assert.ok('key' in login);
      assert.equal(target.user, 'admin');
    },
  },
  {
    what: 'a jump host',
    way: ({ host, write, known }) => {
      const file = write(
        '.ssh/known',
        `${known('ed25519')}${known('ed25519').replace(/^\S+/gm, '127.0.0.1')}`,
      );
      write(
        '.ssh/config',
        `Host *\n UserKnownHostsFile ${file}\nHost inner\n HostName 127.0.0.1\n ProxyJump admin@${host.address}\n`,
      );
      return { address: 'inner', knownHosts: undefined };
    },
    reached: ({ jump }, { host }) => assert.equal(jump?.target.address, host.address),
  },
  {
    what: 'a jump host that leads nowhere',
    way: ({ host, write, known }) => {
      const file = write(
        '.ssh/known',
        `${known('ed25519')}${known('ed25519').replace(/^\S+/gm, '[127.0.0.1]:9')}`,
      );
      write(
        '.ssh/config',
        `Host *\n UserKnownHostsFile ${file}\nHost inner\n HostName 127.0.0.1\n Port 9\n ProxyJump admin@${host.address}\n`,
      );
      return { address: 'inner', knownHosts: undefined };
    },
    says: ({ host }) =>
      `server web1 (admin@127.0.0.1:9): its jump host ${host.address} does not lead to it: (SSH) Channel open failure: Connection refused; check address and port as seen from there, and AllowTcpForwarding in its sshd_config`,
  },
  {
    what: 'a certificate of an authority that is known',
    way: async ({ host, write, sshd }) => {
      const ca = await certify(host, sshd, host.address, '-1m:+1h');
      return {
        knownHosts: write(
          'known-ca',
          `@cert-authority ${host.address.replace(/\d+$/, '*')} ${ca}\n`,
        ),
      };
    },
    reached: ({ hostKey }) => assert.match(hostKey, /^ssh-ed25519 /),
  },
  {
    what: 'a certificate for another name',
    way: async ({ host, write, sshd }) => {
      const ca = await certify(host, sshd, 'other.example', '-1m:+1h');
      return { knownHosts: write('known-ca', `@cert-authority * ${ca}\n`) };
    },
    says: (place) => noCertificate(place),
  },
  {
    what: 'a certificate whose time is over',
    way: async ({ host, write, sshd }) => {
      const ca = await certify(host, sshd, host.address, '20200101:20210101');
      return { knownHosts: write('known-ca', `@cert-authority * ${ca}\n`) };
    },
    says: (place) => noCertificate(place),
  },
  { what: 'a user with a dot in the name', way: () => ({ user: 'first.last' }) },
  {
    what: 'a private key that the host refuses',
    way: ({ write }) => ({ privateKey: write('other', keyPair().private) }),
    says: /^it refused privateKey \S+\/other \(SHA256:\S+\); is its public key in ~admin\/\.ssh\/authorized_keys\?$/,
  },
  {
    what: 'an agent whose key the host refuses',
    way: ({ home, write }) => {
      useAgent(home, [write('stranger', keyPair().private)]);
      return {};
    },
    says: 'it refused the key of the SSH agent; is the public key in ~admin/.ssh/authorized_keys, and the private one in the agent (ssh-add -l)?',
  },
  {
    what: 'an agent with too many keys',
    way: ({ home, write }) => {
      useAgent(
        home,
        Array.from({ length: 7 }, (_, at) => write(`many-${at}`, keyPair().private)),
      );
      return {};
    },
    says: 'it hung up after too many keys that it does not know; take some out of the agent (ssh-add -d), or name the right one as privateKey',
  },
  {
    what: 'an agent that is not there',
    way: ({ home }) => {
      process.env.SSH_AUTH_SOCK = join(home, 'gone');
      return {};
    },
    says: ({ home }) =>
      `the SSH agent (${home}/gone) cannot be asked: there is no such socket; start one with \`eval $(ssh-agent)\` and \`ssh-add\``,
  },
  {
    what: 'an agent that is not there, beside a key',
    way: ({ home, host }) => {
      process.env.SSH_AUTH_SOCK = join(home, 'gone');
      return { privateKey: host.identity };
    },
    says: ({ home }) =>
      `the SSH agent (${home}/gone) cannot be asked: there is no such socket; the command plugin asks for it also where a key file is used: unset SSH_AUTH_SOCK, or start one`,
  },
  {
    what: 'an agent that is locked',
    way: ({ home, host }) => {
      useAgent(home, [host.identity]);
      const script = join(home, 'askpass');
      writeFileSync(script, '#!/bin/sh\necho x\n', { mode: 0o755 });
      execFileSync('ssh-add', ['-q', '-x'], {
        env: { ...process.env, SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: 'force' },
        stdio: 'ignore',
      });
      return {};
    },
    says: ({ home }) => `the SSH agent (${home}/agent) holds no key; put one in with \`ssh-add\``,
  },
  {
    what: 'a public key in place of the private one',
    way: ({ host }) => ({ privateKey: `${host.identity}.pub` }),
    says: ({ host }) =>
      `privateKey ${host.identity}.pub cannot be used: it is a public key; name the private one beside it, ${host.identity}`,
  },
  {
    what: 'a directory in place of the private key',
    way: ({ home }) => ({ privateKey: home }),
    says: ({ home }) => `privateKey ${home} cannot be used: it is a directory; ${instead}`,
  },
  {
    what: 'an encrypted key',
    way: ({ write }) => ({ privateKey: write('locked', keyPair('ed25519', 'secret').private) }),
    says: ({ home }) =>
      `privateKey ${home}/locked cannot be used: it is encrypted; put it into the agent (ssh-add ${home}/locked) and leave it out`,
  },
  {
    what: 'a directory in place of known_hosts',
    way: ({ home }) => ({ knownHosts: home }),
    says: ({ home }) =>
      `the known hosts cannot be read from ${home}: it is a directory; name a file of lines as ssh-keyscan prints them`,
  },
  {
    what: 'a host that is not known',
    way: ({ write }) => ({ knownHosts: write('empty', '') }),
    says: ({ home, host }) => `its host key is not in ${home}/empty; ${compare(host)}`,
  },
  {
    what: 'a host key that is revoked',
    way: ({ known, write }) => ({
      knownHosts: write('revoked', `${known('ed25519')}@revoked ${known('ed25519')}`),
    }),
    says: ({ home, host }) => `its host key is revoked in ${home}/revoked; ${compare(host)}`,
  },
  {
    what: 'a host key of a kind that nobody here knows',
    way: ({ host, write }) => ({ knownHosts: write('dss', `${host.address} ssh-dss AAAA\n`) }),
    says: ({ home, host }) =>
      `its host key in ${home}/dss is of a kind that cannot be used here (ssh-dss); ${compare(host, '-t ed25519,ecdsa ')}`,
  },
  {
    what: 'a host key that is another one',
    way: ({ host, write }) => ({
      knownHosts: write('changed', `${host.address} ${keyPair().public}\n`),
    }),
    says: ({ home }) =>
      `its host key is not the one that is known; nothing was sent. When the host was rebuilt, put its new key into ${home}/changed; else somebody may be in between`,
  },
  {
    what: 'a host that has no key of the kind that is known',
    way: async ({ known, write, sshd }) => {
      await sshd('HostKey /etc/ssh/ssh_host_ed25519_key');
      return { knownHosts: write('ecdsa', known('ecdsa')) };
    },
    says: ({ host }) =>
      `it has no host key of the kinds that are known (ecdsa-sha2-nistp256); ${compare(host)}`,
  },
  {
    what: 'a host that has nothing but an ssh-rsa key',
    way: async ({ known, write, sshd }) => {
      await sshd('HostKey /etc/ssh/ssh_host_rsa_key');
      return { knownHosts: write('rsa', known('rsa')) };
    },
    says: 'it shows an ssh-rsa host key alone, which the command plugin can ask for with SHA-1 alone, and sshd refuses that; on the host: ssh-keygen -A, and the others in its sshd_config',
  },
  {
    what: 'an ssh-rsa key as hostKey',
    way: ({ known }) => ({
      knownHosts: undefined,
      hostKey: known('ssh-rsa').trim().replace(/^\S+ /, ''),
    }),
    says: ({ host }) =>
      `hostKey is an ssh-rsa key, which the command plugin can ask for with SHA-1 alone, and sshd refuses that; ${compare(host, '-t ed25519,ecdsa ')}`,
  },
  {
    what: 'a shell that lets nobody in',
    way: () => ({ user: 'shut' }),
    as: 'shut',
    says: 'the shell of shut lets nobody in (it said: This account is currently not available.); on the host: usermod -s /bin/sh shut',
  },
  {
    what: 'a shell that says nothing',
    way: () => ({ user: 'false' }),
    as: 'false',
    says: 'the shell of false lets nobody in; on the host: usermod -s /bin/sh false',
  },
  {
    what: 'a password that has expired',
    way: () => ({ user: 'old' }),
    as: 'old',
    says: 'the password of old has expired, and sshd asks for a new one first; on the host: passwd old, or chage -M -1 -d -1 old',
  },
  {
    what: 'an account that has expired',
    way: () => ({ user: 'gone' }),
    as: 'gone',
    says: /^it hangs up at the login of gone( \(it said: .*\))?, as where the account is closed; on the host `chage -l gone` says whether it has expired, and `journalctl -u ssh` why else$/,
  },
  {
    what: 'a user without sudo',
    way: () => ({ user: 'poor' }),
    as: 'poor',
    says: 'poor may not use sudo without a password; add "poor ALL=(ALL) NOPASSWD: ALL" with visudo, or log in as root',
  },
  {
    what: 'a host that takes no keys',
    way: async ({ sshd }) => {
      await sshd('PubkeyAuthentication no');
      return {};
    },
    says: 'it takes no keys of admin (only password); allow them in its sshd_config: PubkeyAuthentication yes',
  },
  {
    what: 'a host that wants more than a key',
    way: async ({ sshd }) => {
      await sshd('AuthenticationMethods publickey,password');
      return {};
    },
    says: 'it took the key and wants password as well, which the command plugin cannot answer; ask for a key alone in its sshd_config, for admin: Match User admin, AuthenticationMethods publickey',
  },
  {
    what: 'a host with whose algorithms the command plugin has none in common',
    way: async ({ sshd }) => {
      await sshd('KexAlgorithms diffie-hellman-group16-sha512');
      return {};
    },
    says: /^Handshake failed: no matching key exchange algorithm; the command plugin and this program offer curve25519-sha256 /,
  },
  {
    what: 'a port at which nobody listens',
    way: ({ known, write }) => ({
      port: 9,
      knownHosts: write('nine', known('ed25519').replace(/^(\S+)/gm, '[$1]:9')),
    }),
    says: ({ host }) =>
      `server web1 (admin@${host.address}:9): cannot be reached: connect ECONNREFUSED ${host.address}:9; check address, port and firewall. Where the rate of SSH connections is limited (ufw’s limit, fail2ban, or MaxStartups and PerSourcePenalties of sshd), wait some minutes and run it again: it goes on where it ended`,
  },
  {
    what: 'a name that nobody knows',
    way: ({ known, write }) => ({
      address: 'web1.invalid',
      knownHosts: write('invalid', known('ed25519').replace(/^\S+/gm, 'web1.invalid')),
    }),
    says: 'server web1 (admin@web1.invalid:22): cannot be reached: the name web1.invalid is not known here; check address, and Host in ssh_config',
  },
];

const compare = ({ address }: DebianHost, options = ''): string =>
  `compare \`ssh-keyscan ${options}${address}\` with what the host shows on its console, then add it to known_hosts or set hostKey`;

const noCertificate = ({ host, home }: Place): string =>
  `it shows no certificate of the authority that is known of it (@cert-authority in ${home}/known-ca) that holds for its name and now; sign its key anew (ssh-keygen -s CA -h -n ${host.address}), or ${compare(host)}`;

/** Gives the host a certificate for its ed25519 key; returns the authority's key. */
async function certify(
  host: DebianHost,
  sshd: Place['sshd'],
  name: string,
  validity: string,
): Promise<string> {
  const ca = await host.exec(`cd /root; rm -f ca ca.pub
    ssh-keygen -q -t ed25519 -N '' -C ca -f ca
    ssh-keygen -q -s ca -I web1 -h -n ${name} -V ${validity} /etc/ssh/ssh_host_ed25519_key.pub
    cat ca.pub`);
  await sshd('HostCertificate /etc/ssh/ssh_host_ed25519_key-cert.pub');
  return ca.trim();
}

/** An agent that holds these keys, until the home directory goes. */
function useAgent(home: string, keys: readonly string[]): void {
  const socket = join(home, 'agent');
  const said = execFileSync('ssh-agent', ['-s', '-a', socket]).toString();
  agents.push(Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]));
  process.env.SSH_AUTH_SOCK = socket;
  execFileSync('ssh-add', ['-q', ...keys], { stdio: 'ignore' });
}
const agents: number[] = [];

/** One place for each row, and everything as it was after it. */
async function withPlace(host: DebianHost, action: (place: Place) => Promise<void>): Promise<void> {
  const before = { ...process.env };
  const home = mkdtempSync(join(tmpdir(), 'keelson-logins-'));
  mkdirSync(join(home, '.ssh'));
  copyFileSync(host.knownHosts, join(home, '.ssh/known_hosts'));
  process.env.HOME = home;
  process.env.SSH_AUTH_SOCK = await host.agent();
  const kinds = readFileSync(host.knownHosts, 'utf8').split('\n');
  let isChanged = false;
  const sshd = async (lines: string) => {
    isChanged = lines !== '';
    await host.exec(
      `printf '%s\\n' '${lines}' >/etc/ssh/sshd_config.d/00-row.conf; systemctl reload ssh; sleep 0.2`,
    );
  };
  try {
    await action({
      ...{ host, home, sshd },
      known: (...wanted) =>
        kinds
          .filter((line) => wanted.some((kind) => line.includes(kind)))
          .join('\n')
          .concat('\n'),
      write: (name, text) => {
        writeFileSync(join(home, name), text, { mode: 0o600 });
        return join(home, name);
      },
    });
  } finally {
    if (isChanged) await sshd('');
    for (const pid of agents.splice(0)) process.kill(pid);
    for (const name of ['HOME', 'SSH_AUTH_SOCK']) process.env[name] = before[name];
    if (before.SSH_AUTH_SOCK === undefined) delete process.env.SSH_AUTH_SOCK;
    rmSync(home, { recursive: true, force: true });
  }
}

/** Looks, and has the command plugin's connection do as much. */
async function tryRow({ way, says, as, reached }: Row, place: Place): Promise<void> {
  const { host } = place;
  const { address, user } = host;
  const base = { name: 'web1', address, user, knownHosts: host.knownHosts };
  const whole = { ...base, ...(await way(place)) } as Way;
  const look = async () => {
    const session = await open(whole, { again: [] });
    try {
      assert.equal(await session.script('id -u'), '0\n');
      return session.reached();
    } finally {
      session.close();
    }
  };
  if (says !== undefined) {
    const expected = typeof says === 'function' ? says(place) : says;
    const named = `server web1 (${as ?? 'admin'}@${address}:22): `;
    await assert.rejects(look(), ({ message }: Error) => {
      if (typeof expected === 'string') {
        assert.equal(message, expected.startsWith('server ') ? expected : named + expected);
      } else {
        assert.equal(message.slice(0, named.length), named);
        assert.match(message.slice(named.length), expected);
      }
      return true;
    });
    return;
  }
  const found = await look();
  reached?.(found, place);
  const context = { log: { status() {}, warning() {} }, signal: new AbortController().signal };
  const given = commandConnection(found, true) as Connection;
  const inTime = (it: Connection): Connection => ({ ...it, perDialTimeout: 15 });
  const { proxy } = given;
  const client = await dial({ ...inTime(given), ...(proxy && { proxy: inTime(proxy) }) }, context);
  client.end();
}

for (const release of triedOn('trixie'))
  test(`ways to log in, on ${release}`, async (t) => {
    const host = await testHost(t, { release, user: 'admin' });
    await host.exec(accounts);
    // One row's refusals are not to be the next one's.
    if (release === 'trixie')
      await host.exec(
        'echo PerSourcePenalties no >/etc/ssh/sshd_config.d/50-test.conf; systemctl reload ssh',
      );
    for (const row of rows)
      await t.test(row.what, () => withPlace(host, (place) => tryRow(row, place)));
    if (release === 'trixie') await t.test('penalties', (own) => penalties(own, host));
  });

/** What sshd does since 9.8 to an address from which logins failed. */
async function penalties(_: TestContext, host: DebianHost): Promise<void> {
  await withPlace(host, async ({ sshd, write }) => {
    await sshd('PerSourcePenalties authfail:8s min:5s max:8s');
    const { address, user, knownHosts } = host;
    const way = { name: 'web1', address, user, knownHosts };
    const refused = { ...way, privateKey: write('other', keyPair().private) };
    const said: string[] = [];
    // sshd reads its settings a moment after it was told to.
    for (let tries = 0; said.length === 0 && tries < 10; tries++) {
      await assert.rejects(open(refused, { again: [] }), /it refused privateKey/);
      const session = await open(way, { again: [3_000, 10_000] }, (line) => said.push(line));
      session.close();
    }
    assert.match(
      said[0] ?? '',
      /^server web1 \(admin@\S+\): refuses to be connected to, as where the rate of SSH connections is limited; trying again in 3 s$/,
    );
    await assert.rejects(open(refused, { again: [] }), /it refused privateKey/);
    await assert.rejects(
      open(way, { again: [] }),
      /cannot be reached: it hangs up at once( \(it said: Not allowed at this time\))?; check .* PerSourcePenalties of sshd\), wait some minutes/,
    );
  });
}
