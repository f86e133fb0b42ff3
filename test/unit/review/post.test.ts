import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from '../../../tools/review/place.ts';
import { post } from '../../../tools/review/post.ts';
import { forge, githubJob, gitlabJob } from '../../harness/forge.ts';

const marker = '<!-- keelson: test -->';
const said = (words: string) => ({ marker, text: `${marker}\n${words}` });

test('GitHub: a comment is posted once and changed from then on, beyond the first page, nobody else’s', async (t) => {
  const api = await forge(t);
  const place = placeOf('comment', githubJob(api));
  const foreign = { user: { type: 'User' }, body: `${marker}\nby hand` };
  api.kept.push(
    { id: 1, ...foreign },
    { id: 2, ...foreign },
    { id: 3, ...foreign, body: null as never },
  );
  assert.equal(await post(place, said('one')), 'posted');
  assert.equal(await post(place, said('two')), 'updated');
  assert.deepEqual(
    api.kept.map(({ body }) => body),
    [foreign.body, foreign.body, null, `${marker}\ntwo`],
  );
  const comments = '/repos/me/shop/issues/12/comments';
  assert.deepEqual(api.calls, [
    ...[`GET ${comments}`, `GET ${comments}`, `POST ${comments}`],
    ...[`GET ${comments}`, `GET ${comments}`, 'PATCH /repos/me/shop/issues/comments/4'],
  ]);
  assert.equal(api.headers.authorization, 'Bearer a-token');
});

test('GitLab: a note of the token’s own user is changed, nobody else’s', async (t) => {
  const api = await forge(t, { author: { id: 7 } });
  const place = placeOf('comment', gitlabJob(api));
  api.kept.push({ id: 1, author: { id: 8 }, body: said('by hand').text });
  assert.equal(await post(place, said('one')), 'posted');
  assert.equal(await post(place, said('two')), 'updated');
  assert.deepEqual(
    api.kept.map(({ body }) => body),
    [said('by hand').text, said('two').text],
  );
  assert.equal(api.calls.at(-1), 'PUT /projects/3/merge_requests/12/notes/2');
  assert.equal(api.headers['private-token'], 'a-token');
});

test('an issue is opened, changed, closed when it is over, and opened anew', async (t) => {
  for (const [job, author, field, closed] of [
    [githubJob, { user: { type: 'Bot' } }, 'body', { state: 'closed' }],
    [gitlabJob, { author: { id: 7 } }, 'description', { state_event: 'close' }],
  ] as const) {
    const api = await forge(t, author);
    const place = placeOf('issue', job(api));
    const issue = (words: string) => ({ ...said(words), title: 'Servers drifted' });
    const over = { ...issue(''), isOver: true };
    assert.equal(await post(place, over), 'nothing to say');
    assert.equal(await post(place, issue('one')), 'posted');
    assert.equal(await post(place, issue('two')), 'updated');
    assert.equal(await post(place, over), 'closed');
    assert.equal(await post(place, issue('three')), 'posted');
    assert.equal(api.kept.length, 2);
    const [first, second] = api.kept;
    assert.partialDeepStrictEqual(first, {
      title: 'Servers drifted',
      [field]: said('two').text,
      ...closed,
    });
    assert.equal(second?.[field], said('three').text);
  }
});

test('what is only to correct what was said before begins no comment', async (t) => {
  const api = await forge(t);
  const place = placeOf('comment', githubJob(api));
  assert.equal(await post(place, { ...said('nothing'), isUpdateOnly: true }), 'nothing to say');
  await post(place, said('one'));
  assert.equal(await post(place, { ...said('nothing'), isUpdateOnly: true }), 'updated');
  assert.equal(api.kept.length, 1);
});

test('a refusal is told with what the API said and what to check, without the token', async (t) => {
  const { url } = await forge(t);
  const place = placeOf('comment', githubJob({ url: `${url}/forbidden` }));
  await assert.rejects(post(place, said('one')), ({ message }: Error) => {
    assert.equal(
      message,
      'post: GET /forbidden/repos/me/shop/issues/12/comments was answered with 403: {"message":"Resource not accessible"}\n' +
        '  check the permissions of the job or its token: pull-requests: write, issues: write, or the scope api',
    );
    return true;
  });
});

test('a job that cannot post says why', () => {
  const job = githubJob({ url: 'http://127.0.0.1' });
  const lab = gitlabJob({ url: 'http://127.0.0.1' });
  for (const [env, words] of [
    [{}, /: post: this is no job of GitHub Actions or GitLab CI\n/],
    [{ ...job, GITHUB_TOKEN: '' }, /: post: GITHUB_TOKEN is not set\n {2}give the step/],
    [
      { ...lab, GITLAB_TOKEN: '' },
      /: post: GITLAB_TOKEN is not set\n {2}make a project access token/,
    ],
    [
      { ...job, GITHUB_REF: 'refs/heads/main' },
      /: post: this job belongs to no pull request\n {2}.*on: pull_request/,
    ],
    [{ ...lab, CI_MERGE_REQUEST_IID: '' }, /: post: this job belongs to no pull request\n/],
  ] as const)
    assert.throws(() => placeOf('comment', env), words);
});
