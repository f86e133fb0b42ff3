/** Requests to apps on hosts in containers, under any name. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { DebianHost } from './host.ts';

export type Asked = {
  method?: string;
  /** The name that is asked for. Default: the host's address. */
  domain?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
};

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

/**
 * Sends one request over a connection of its own to port 80; rejects when there is no answer in 10 s.
 *
 *     const { status, body } = await ask(host, '/health', { domain: 'shop.example' });
 */
export function ask(host: DebianHost, path: string, asked: Asked = {}): Promise<Answer> {
  const { method = 'GET', domain = host.address, headers = {}, body } = asked;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: host.address, port: 80, path, method, agent: false },
        ...{ headers: { host: domain, ...headers }, timeout: 10_000 },
      },
      async (response) => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: await text(response) });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path} in 10 s`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
