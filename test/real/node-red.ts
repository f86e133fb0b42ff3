/** Node-RED: its flows are one file, so that it runs once; what people deploy in its editor outlives its releases. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { waitFor } from '../harness/on-host.ts';
import type { App, Site } from './app.ts';

const password = 'correct horse';
/** Of that password, as `node-red admin hash-pw` prints it. */
const hash = '$2y$08$4k/ZRs7NGiE8V0OqDMH..OLgzZUbXEwCz6vNHrR8E4soex0DwuzD6';

const flows = [
  { id: 'tab', type: 'tab', label: 'Hello' },
  { id: 'in', type: 'http in', z: 'tab', url: '/hello', method: 'get', wires: [['count']] },
  {
    ...{ id: 'count', type: 'function', z: 'tab', wires: [['out']] },
    func: 'msg.payload = "hello from a flow"; return msg;',
  },
  { id: 'any', type: 'random', z: 'tab', low: 1, high: 6, inte: 'true', wires: [[]] },
  { id: 'out', type: 'http response', z: 'tab', wires: [] },
];

async function token({ ask }: Site): Promise<string> {
  const form = { client_id: 'node-red-editor', grant_type: 'password', scope: '*' };
  const { status, body } = await ask('/auth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...form, username: 'admin', password }),
  });
  assert.equal(status, 200, body);
  return JSON.parse(body).access_token;
}

/** Deploys a flow as the editor does, which hears of it over its WebSocket. */
async function deploy(site: Site): Promise<readonly string[]> {
  const { ask, host, domain, name } = site;
  const authorization = `Bearer ${await token(site)}`;
  const editor = new WebSocket(`ws://${host.address}/comms`, { headers: { Host: domain } });
  const signal = AbortSignal.timeout(20_000);
  try {
    await once(editor, 'open', { signal });
    editor.send(JSON.stringify({ auth: authorization.replace('Bearer ', '') }));
    const [word] = await once(editor, 'message', { signal });
    assert.match(String(word), /"auth":"ok"/);
    const { status, body } = await ask('/flows', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(flows),
    });
    assert.equal(status, 204, body);
    const nodes = await ask('/nodes', { headers: { authorization, accept: 'application/json' } });
    assert.match(nodes.body, /"node-red-node-random"/);
  } finally {
    editor.terminate();
  }
  assert.equal((await ask('/flows')).status, 401);
  await answers(site);
  await host.exec(`systemctl restart ${name}@3700`);
  await waitFor(host, 'curl -sf http://127.0.0.1:3700/hello', 60);
  await answers(site);
  await host.powerOff();
  await host.boot();
  await waitFor(host, 'curl -sf http://127.0.0.1:3700/hello', 60);
  await answers(site);
  return [
    'the editor, its WebSocket, nodes of a package',
    'a flow deployed, there after a restart and a reboot',
  ];
}

async function answers({ ask }: Site): Promise<readonly string[]> {
  const { status, body } = await ask('/hello');
  assert.deepEqual([status, body], [200, 'hello from a flow']);
  return ['the flow answers'];
}

export const nodeRed: App = {
  name: 'node-red',
  section: 'Node-RED',
  secrets: { ADMIN_HASH: hash },
  change: { file: 'settings.js', from: 'First floor', to: 'Second floor' },
  use: deploy,
  still: answers,
};
