/** Asks the apps of the stack `local` as a visitor does. */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorWithRemedy } from './error.ts';
import { stackSettings } from './local.ts';
import { step } from './terminal.ts';

export type Site = { url: string; curl: string };

/** Asks each app as a visitor does, and returns how to do the same. */
export async function visit(address: string): Promise<Site[]> {
  const sites: Site[] = [];
  for (const { name, domains } of stackSettings().apps) {
    const domain = domains.find((name) => name !== 'default');
    const isOpen = domains.includes('default') || !domain;
    const url = `http://${isOpen ? hostPart(address) : domain}/`;
    await step(`${name} answers`, async () => `${await answer(address, domain ?? address)}`);
    sites.push({ url, curl: isOpen ? url : `--resolve ${domain}:80:${address} ${url}` });
  }
  return sites;
}

const hostPart = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Bounded: an app that was just rolled out answers at once, or not at all. */
async function answer(address: string, host: string): Promise<string> {
  let last = '';
  for (let attempt = 0; attempt < 20; attempt++) {
    const reply = await request(address, host);
    if (reply.ok) return reply.text;
    last = reply.text;
    await sleep(250);
  }
  throw new ErrorWithRemedy(
    `http://${hostPart(address)}/ does not answer: ${last}`,
    'See what its instances and nginx say, on the host: journalctl -e',
  );
}

function request(address: string, host: string): Promise<{ ok: boolean; text: string }> {
  return new Promise((resolve) => {
    const options = { host: address, port: 80, path: '/', headers: { host }, timeout: 5000 };
    get(options, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve({ ok: statusCode < 400, text: `HTTP ${statusCode}` });
    })
      .on('timeout', function (this: { destroy(error: Error): void }) {
        this.destroy(new Error('no answer within 5 s'));
      })
      .on('error', (error) => resolve({ ok: false, text: error.message }));
  });
}
