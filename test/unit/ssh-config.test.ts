/** What ssh_config says of a host, as this machine's own ssh resolves it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resolve } from '../../components/ssh/config.ts';

const home = mkdtempSync(join(tmpdir(), 'keelson-ssh-config-'));
mkdirSync(join(home, '.ssh'));
before(() => {
  process.env.HOME = home;
});
after(() => rmSync(home, { recursive: true }));
const skip = spawnSync('ssh', ['-V']).error ? 'there is no ssh here' : false;

const configure = (text: string) => writeFileSync(join(home, '.ssh/config'), text);

test('an alias has address, port, user, keys and files of its own', { skip }, async () => {
  configure(`
Host web1
  HostName 10.0.0.5
  Port 2222
  User first.last
  IdentityFile ~/keys/%r@%h
  IdentitiesOnly yes
  IdentityAgent ~/agent
  UserKnownHostsFile ~/known
  HostKeyAlias web
`);
  const { knownHostsFiles, ...rest } = await resolve({ name: 'web1', address: 'web1' });
  // ssh itself makes ~ of the user's home directory, whatever HOME says.
  const real = userInfo().homedir;
  assert.deepEqual(rest, {
    ...{ name: 'web1', address: '10.0.0.5', port: 2222, user: 'first.last', keyAlias: 'web' },
    ...{ identities: [join(home, 'keys/first.last@10.0.0.5')], identitiesOnly: true },
    identityAgent: join(real, 'agent'),
  });
  assert.equal(knownHostsFiles?.[0], join(real, 'known'));
  assert.ok(knownHostsFiles?.includes('/etc/ssh/ssh_known_hosts'));
});

test('what the stack file says wins, also over Match', { skip }, async () => {
  configure('Host web1\n  Port 2222\n  User other\nMatch user admin\n  HostName 10.0.0.6\n');
  const { address, port, user } = await resolve({
    ...{ name: 'web1', address: 'web1', port: 23, user: 'admin' },
  });
  assert.deepEqual({ address, port, user }, { address: '10.0.0.6', port: 23, user: 'admin' });
});

test('where ssh_config says nothing it is root, port 22, no key and the usual files', async () => {
  configure('');
  const way = { name: 'web1', address: 'web1.example.com' };
  const { address, port, user, identities = [], jump, knownHostsFiles } = await resolve(way);
  assert.deepEqual(
    { address, port, user, identities, jump },
    {
      ...{ address: 'web1.example.com', port: 22, user: 'root', identities: [], jump: undefined },
    },
  );
  if (!skip) assert.equal(knownHostsFiles?.[0], join(home, '.ssh/known_hosts'));
});

test('a jump host is as ssh_config says as well', { skip }, async () => {
  configure('Host web1\n  ProxyJump me@gate:2200\nHost gate\n  HostName 10.0.0.1\n  User other\n');
  const { jump } = await resolve({ name: 'web1', address: 'web1' });
  const { name, address, port, user } = jump ?? {};
  assert.deepEqual(
    { name, address, port, user },
    {
      ...{ name: 'web1, jump host', address: '10.0.0.1', port: 2200, user: 'me' },
    },
  );
});

test('what the command plugin cannot do is refused, with the host’s name', { skip }, async () => {
  const refusal = async (text: string) => {
    configure(text);
    return await resolve({ name: 'web1', address: 'web1', user: 'admin' }).then(
      () => 'taken',
      ({ message }: Error) => message,
    );
  };
  const several =
    'server web1 (admin@web1:22): ssh_config reaches it through several jump hosts (ProxyJump a,b), and the command plugin knows one; name one through which it can be reached';
  assert.equal(await refusal('Host web1\n  ProxyJump a,b\n'), several);
  assert.equal(await refusal('Host web1\n  ProxyJump b\nHost b\n  ProxyJump a\n'), several);
  assert.equal(
    await refusal('Host web1\n  ProxyCommand nc %h %p\n'),
    'server web1 (admin@web1:22): ssh_config reaches it by a ProxyCommand, which the command plugin cannot run; write it as ProxyJump, or forward a port of this machine to it',
  );
  assert.equal(await refusal('Host web1\n  ProxyJump none\n'), 'taken');
});

test('a mistake in ssh_config is told in ssh’s own words', { skip }, async () => {
  configure('Host web1\n  Prot 22\n');
  await assert.rejects(
    resolve({ name: 'web1', address: 'web1' }),
    /^HostError: server web1 \(web1:22\): ssh_config cannot be read: .*config: line 2: Bad configuration option: prot; .*; mend it, as for ssh itself$/,
  );
});
