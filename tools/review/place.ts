/** Where a comment or an issue goes: GitHub's and GitLab's APIs, as data. */
import { ErrorWithRemedy } from '../lib/error.ts';

/** What is written there already. */
export type Written = {
  id?: number;
  iid?: number;
  number?: number;
  body?: string | null;
  description?: string | null;
  user?: { type?: string } | null;
  author?: { id?: number } | null;
};

export type Place = {
  readonly headers: Readonly<Record<string, string>>;
  /** Lists what is there, and takes what is new. */
  readonly list: string;
  /** Only what is open, of issues. */
  readonly open?: string;
  readonly edit: (written: Written) => { method: 'PATCH' | 'PUT'; url: string };
  readonly field: 'body' | 'description';
  readonly close: Readonly<Record<string, string>>;
  /** Who wrote it: nobody else's is ever changed. */
  readonly isOwn: (written: Written, self: number | undefined) => boolean;
  /** Tells who the token belongs to, where that is not told by what is written. */
  readonly self?: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The pull request, or the issues, of the job that runs, by the variables that GitHub Actions and GitLab CI set.
 * @throws ErrorWithRemedy where it is neither, or a token is missing.
 */
export function placeOf(what: 'comment' | 'issue', env: Environment): Place {
  if (env.GITHUB_ACTIONS) return github(what, env);
  if (env.GITLAB_CI) return gitlab(what, env);
  throw new ErrorWithRemedy(
    'post: this is no job of GitHub Actions or GitLab CI',
    'leave `post` out here; `keelson review comment` prints the comment',
  );
}

/** https://docs.github.com/en/rest/issues/comments and /issues/issues. */
function github(what: 'comment' | 'issue', env: Environment): Place {
  const token = needed(env, 'GITHUB_TOKEN', 'give the step github.token in this variable');
  const api = `${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/issues`;
  const [, number] = /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? '') ?? [];
  if (what === 'comment' && number === undefined) throw noRequest('on: pull_request');
  return {
    headers: {
      Authorization: `Bearer ${token}`,
      Accept: 'application/vnd.github+json',
      'X-GitHub-Api-Version': '2022-11-28',
    },
    list: what === 'comment' ? `${api}/${number}/comments` : api,
    ...(what === 'issue' && { open: 'state=open' }),
    edit: ({ id, number }) => ({
      method: 'PATCH',
      url: what === 'comment' ? `${api}/comments/${id}` : `${api}/${number}`,
    }),
    field: 'body',
    close: { state: 'closed' },
    isOwn: ({ user }) => user?.type === 'Bot',
  };
}

/** https://docs.gitlab.com/api/notes and /api/issues; a job's own token may write neither. */
function gitlab(what: 'comment' | 'issue', env: Environment): Place {
  const token = needed(
    env,
    'GITLAB_TOKEN',
    'make a project access token with the scope api and the role Reporter, and give it to the project as the masked variable GITLAB_TOKEN',
  );
  const api = `${env.CI_API_V4_URL}/projects/${env.CI_PROJECT_ID}`;
  const number = env.CI_MERGE_REQUEST_IID;
  if (what === 'comment' && !number)
    throw noRequest('$CI_PIPELINE_SOURCE == "merge_request_event"');
  const list = what === 'comment' ? `${api}/merge_requests/${number}/notes` : `${api}/issues`;
  return {
    headers: { 'PRIVATE-TOKEN': token },
    list,
    ...(what === 'issue' && { open: 'state=opened' }),
    edit: ({ id, iid }) => ({ method: 'PUT', url: `${list}/${what === 'comment' ? id : iid}` }),
    field: what === 'comment' ? 'body' : 'description',
    close: { state_event: 'close' },
    isOwn: ({ author }, self) => author?.id !== undefined && author.id === self,
    self: `${env.CI_API_V4_URL}/user`,
  };
}

function needed(env: Environment, name: string, remedy: string): string {
  const value = env[name];
  if (!value) throw new ErrorWithRemedy(`post: ${name} is not set`, remedy);
  return value;
}

const noRequest = (when: string): ErrorWithRemedy =>
  new ErrorWithRemedy('post: this job belongs to no pull request', `run it in a job for ${when}`);
