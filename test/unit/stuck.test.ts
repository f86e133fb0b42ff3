/** What is said of a server that the stack file names no more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stuck } from '../../components/pulumi/leaving.ts';
import { keyPair, sshServer } from '../harness/ssh-server.ts';
import { engine } from './engine.ts';

const urn = (type: string, name: string) => `urn:pulumi:test::keelson::${type}::${name}`;
const command = 'keelson:index:Host$command:remote:Command';

test('each that cannot be reached is named with both remedies, and no other', async (t) => {
  const login = keyPair();
  const server = await sshServer({ publicKey: login.public });
  t.after(() => server.close());
  const at = (port: number) => ({
    connection: { host: '127.0.0.1', port, user: 'admin', privateKey: login.private },
  });
  await engine({
    state: {
      [urn('pulumi:pulumi:Stack', 'keelson-test')]: {},
      [urn('keelson:index:Host', 'stays')]: {},
      [urn(command, 'stays-prune')]: at(1),
      [urn('keelson:index:Host', 'goes')]: {},
      [urn(command, 'goes-prune')]: at(server.port),
      [urn('keelson:index:Host', 'gone')]: {},
      [urn(command, 'gone-prune')]: at(1),
      // With its machine all of it goes; one whose machine was refreshed away is as any other.
      [urn('own:index:Machine', 'i-made')]: {},
      [urn('keelson:index:Host', 'made')]: { machine: urn('own:index:Machine', 'i-made') },
      [urn(command, 'made-prune')]: at(3),
      [urn('keelson:index:Host', 'terminated')]: { machine: urn('own:index:Machine', 'i-gone') },
      [urn(command, 'terminated-prune')]: at(4),
      // Nothing was ever made there.
      [urn('keelson:index:Host', 'new')]: {},
      [urn('keelson:host:Server', 'older')]: {},
      [urn('keelson:host:Server$command:remote:Command', 'older-helper')]: at(2),
    },
  });
  const said = await stuck(['stays']);
  const lines = said.map((text) => text.split('\n'));
  assert.deepEqual(
    lines.map(([first]) => first?.split(': ')[0]),
    [
      'server older (admin@127.0.0.1:2)',
      'server gone (admin@127.0.0.1:1)',
      'server terminated (admin@127.0.0.1:4)',
    ],
  );
  assert.match(
    lines[1]?.[0] ?? '',
    /: is not in the stack file any more, and what was made there cannot be removed with the connection of the last up: it cannot be reached: .*ECONNREFUSED.*\. Nothing is removed in this run\.$/,
  );
  assert.equal(
    lines[0]?.[2],
    "  Where it is gone for good, forget it: pulumi state delete --yes --target-dependents --stack test 'urn:pulumi:test::keelson::keelson:host:Server::older'",
  );
});
