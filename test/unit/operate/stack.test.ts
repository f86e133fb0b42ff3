/** Servers and apps by name, and what is done on several of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lost } from '../../../components/ssh/exec.ts';
import { HostError } from '../../../components/ssh/target.ts';
import { Refused } from '../../../tools/operate/ask.ts';
import { onEach } from '../../../tools/operate/each.ts';
import { type Server, type Stack, serversWith } from '../../../tools/operate/stack.ts';
import { inTurn } from '../../../tools/operate/turns.ts';
import { shop } from '../shop.ts';

const server = (name: string, ...apps: string[]): Server => ({
  ...{ name, way: { name, address: `${name}.example.com` } },
  apps: apps.map((app) => ({ ...shop(), name: app })),
});
const servers = [server('web1', 'shop', 'blog'), server('web2', 'shop'), server('web3', 'shop')];
const stack: Stack = { name: 'production', file: 'Pulumi.production.yaml', servers, atOnce: 1 };
const names = (all: readonly Server[]) => all.map(({ name }) => name);

test('the servers that have an app, or the one that is named', () => {
  assert.deepEqual(names(serversWith(stack, 'blog')), ['web1']);
  assert.deepEqual(names(serversWith(stack, 'shop', 'web2')), ['web2']);
  assert.deepEqual(names(serversWith(stack)), ['web1', 'web2', 'web3']);
});

test('a name that is not there is told with what may have been meant', () => {
  assert.throws(
    () => serversWith(stack, 'shap'),
    /shap is not an app of production; did you mean shop\?/,
  );
  assert.throws(
    () => serversWith(stack, 'shop', 'web4'),
    /web4 is not a server of production; did you mean web1\?/,
  );
  assert.throws(
    () => serversWith(stack, 'blog', 'web2'),
    /blog does not run on web2; leave out --server/,
  );
});

/** Runs something and returns what it complained of. */
async function complaints<T>(t: { mock: typeof test.mock }, action: () => Promise<T>) {
  const said = t.mock.method(console, 'error', () => {});
  const result = await action();
  return { result, said: said.mock.calls.map(({ arguments: [line] }) => String(line)) };
}

const away = ({ way }: Server): never => {
  throw new HostError(way, 'cannot be reached');
};

test('one that is down keeps no other from answering, and makes the exit code 1', async (t) => {
  const asked: string[] = [];
  const { result, said } = await complaints(t, () =>
    onEach(servers, async (it) => {
      if (it.name === 'web1') away(it);
      asked.push(it.name);
      return 0;
    }),
  );
  assert.deepEqual([result, asked], [1, ['web2', 'web3']]);
  assert.deepEqual(said, ['server web1 (web1.example.com:22): cannot be reached']);
});

test('in turn: one that is down is passed over, where one fails or is lost the rest is left as it is', async (t) => {
  const down = await complaints(t, () =>
    inTurn(servers, 1, async (it) => void (it.name === 'web1' && away(it))),
  );
  assert.deepEqual(names(down.result), ['web2', 'web3']);
  t.mock.restoreAll();
  const lost = await complaints(t, () =>
    inTurn(servers, 1, async ({ name, way }) => {
      if (name === 'web2') throw new Lost(way, 'the connection was lost');
    }),
  );
  assert.deepEqual([names(lost.result), lost.said[1]], [['web1'], 'left as they are: web3']);
  t.mock.restoreAll();
  const failed = await complaints(t, () =>
    inTurn(servers, 1, async ({ way }) => {
      throw new Refused(way, 'shop 3700 exited with status 1');
    }),
  );
  assert.deepEqual(failed.result, []);
  assert.deepEqual(failed.said, [
    'server web1 (web1.example.com:22): shop 3700 exited with status 1',
    'left as they are: web2, web3',
  ]);
});
