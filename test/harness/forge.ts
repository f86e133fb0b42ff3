/** Stands for the APIs of GitHub and GitLab: keeps comments and issues, and notes who changed what. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export type Kept = Record<string, unknown> & { id: number; body?: string };

export type Forge = {
  url: string;
  kept: Kept[];
  calls: string[];
  headers: NodeJS.Dict<string | string[]>;
};

/** What a new entry has beside what was sent: who wrote it. */
type Author = Record<string, unknown>;

const perPage = 2;

/** A forge with pages of two entries, gone with the test. */
export async function forge(
  t: TestContext,
  author: Author = { user: { type: 'Bot' } },
): Promise<Forge> {
  const it: Forge = { url: '', kept: [], calls: [], headers: {} };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', it.url);
    it.headers = request.headers;
    it.calls.push(`${request.method} ${url.pathname}`);
    const sent = request.method === 'GET' ? {} : JSON.parse(await text(request));
    const answer = (status: number, body: unknown, headers = {}) =>
      response.writeHead(status, headers).end(JSON.stringify(body));
    if (url.pathname === '/user') return answer(200, { id: 7 });
    if (url.pathname.startsWith('/forbidden'))
      return answer(403, { message: 'Resource not accessible' });
    if (request.method === 'GET') {
      const page = Number(url.searchParams.get('page') ?? 1);
      const isOpen = ({ state, state_event }: Kept) =>
        state !== 'closed' && state_event !== 'close';
      const all = it.kept.filter((entry) => !url.searchParams.has('state') || isOpen(entry));
      url.searchParams.set('page', String(page + 1));
      const next = all.length > page * perPage ? { link: `<${url}>; rel="next"` } : {};
      return answer(200, all.slice((page - 1) * perPage, page * perPage), next);
    }
    if (request.method === 'POST') {
      const id = it.kept.length + 1;
      it.kept.push({ ...author, ...sent, id, iid: id, number: id });
      return answer(201, {});
    }
    const entry = it.kept.find(({ id }) => url.pathname.endsWith(`/${id}`));
    if (!entry) return answer(404, { message: 'Not Found' });
    Object.assign(entry, sent);
    return answer(200, {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  it.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => server.close());
  return it;
}

/** The variables of a job for pull request 12 on GitHub. */
export const githubJob = ({ url }: Pick<Forge, 'url'>): NodeJS.ProcessEnv => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_API_URL: url,
  GITHUB_REPOSITORY: 'me/shop',
  GITHUB_REF: 'refs/pull/12/merge',
  GITHUB_TOKEN: 'a-token',
});

/** The variables of a job for merge request 12 on GitLab. */
export const gitlabJob = ({ url }: Pick<Forge, 'url'>): NodeJS.ProcessEnv => ({
  GITLAB_CI: 'true',
  CI_API_V4_URL: url,
  CI_PROJECT_ID: '3',
  CI_MERGE_REQUEST_IID: '12',
  GITLAB_TOKEN: 'a-token',
});
