/** Posts a text once, and changes it from then on. */
import { z } from 'zod';
import { ErrorWithRemedy } from '../lib/error.ts';
import type { Place, Written } from './place.ts';

type Post = {
  /** The text begins with it, and so does what is there of an earlier run. */
  readonly marker: string;
  readonly text: string;
  /** Of an issue. */
  readonly title?: string;
  /** Nothing new is worth a comment, but what was said before is to be corrected. */
  readonly isUpdateOnly?: boolean;
  /** An issue that is over. */
  readonly isOver?: boolean;
};

const person = z.object({ id: z.number().optional(), type: z.string().optional() }).nullish();

const writtenSchema = z.object({
  id: z.number().optional(),
  iid: z.number().optional(),
  number: z.number().optional(),
  body: z.string().nullish(),
  description: z.string().nullish(),
  user: person,
  author: person,
});

/**
 * Changes what an earlier run wrote there, or writes it anew.
 * @returns what was done, for the log.
 * @throws ErrorWithRemedy with the answer of the API, where it refuses.
 */
export async function post(place: Place, what: Post): Promise<string> {
  const { marker, text, title, isUpdateOnly, isOver } = what;
  const own = await earlier(place, marker);
  if (own) {
    const { method, url } = place.edit(own);
    await send(place, method, url, isOver ? place.close : { [place.field]: text });
    return isOver ? 'closed' : 'updated';
  }
  if (isUpdateOnly || isOver) return 'nothing to say';
  await send(place, 'POST', place.list, { ...(title && { title }), [place.field]: text });
  return 'posted';
}

async function earlier(place: Place, marker: string): Promise<Written | undefined> {
  const self =
    place.self && writtenSchema.parse(await (await send(place, 'GET', place.self)).json()).id;
  let next: string | undefined = `${place.list}?per_page=100${place.open ? `&${place.open}` : ''}`;
  while (next !== undefined) {
    const answer: Response = await send(place, 'GET', next);
    const all = z.array(writtenSchema).parse(await answer.json()) as Written[];
    const own = all.find(
      (it) => it[place.field]?.startsWith(marker) && place.isOwn(it, self || undefined),
    );
    if (own) return own;
    next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  return undefined;
}

async function send(place: Place, method: string, url: string, body?: object): Promise<Response> {
  const answer = await fetch(url, {
    method,
    headers: { ...place.headers, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  if (answer.ok) return answer;
  const said = (await answer.text()).replace(/\s+/g, ' ').slice(0, 300);
  throw new ErrorWithRemedy(
    `post: ${method} ${new URL(url).pathname} was answered with ${answer.status}: ${said}`,
    'check the permissions of the job or its token: pull-requests: write, issues: write, or the scope api',
  );
}
