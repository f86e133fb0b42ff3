/** `keelson review`: which stacks a change touches, and what their previews say, in one comment. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judge } from '../policy/policy.ts';
import { comment, marker } from '../review/comment.ts';
import { driftIssue, driftMarker, driftTitle } from '../review/drift.ts';
import { placeOf } from '../review/place.ts';
import { post } from '../review/post.ts';
import { readPreview } from '../review/preview.ts';
import { changedFrom, changedSince, type Project, projectAt, touched } from '../review/touched.ts';
import type { Command } from './command.ts';

const usage = `Usage:
  keelson review stacks [--since COMMIT | --before COMMIT] [--of STACK,STACK]
                                            prints the stacks that a change touches: a branch since it left COMMIT,
                                            or a push to it, before which it was at COMMIT; all without either
  keelson review comment PREVIEW.json…      prints the comment of these previews (pulumi preview --json)
  keelson review drift PREVIEW.json…        prints what drifted, or nothing
  keelson review post FILE [--update-only]  posts a comment, or changes the one that is there
  keelson review post FILE --issue          the same with an issue; closes it where the file is empty`;

type Options = {
  since?: string;
  before?: string;
  of?: string;
  issue?: boolean;
  'update-only'?: boolean;
};

const verbs: Readonly<
  Record<string, (names: string[], options: Options) => Promise<string> | string>
> = {
  stacks(_names, options) {
    const project = projectAt('.');
    if (!existsSync(join(project.directory, 'Pulumi.yaml')))
      throw new Error('stacks: there is no Pulumi.yaml here or above; go to the project');
    const changed = changedBy(options, project);
    return `${JSON.stringify(touched(project, changed, options.of?.split(',').filter(Boolean)))}\n`;
  },
  comment: (paths) => comment(paths.map(readPreview), (preview) => judge(preview, projectAt('.'))),
  drift: (paths) => driftIssue(paths.map(readPreview)),
  async post([path], { issue, 'update-only': isUpdateOnly }) {
    if (path === undefined) throw new Error('post: names no file; give the one with the comment');
    const text = readFileSync(path, 'utf8');
    const own = issue
      ? { marker: driftMarker, title: driftTitle, isOver: text === '' }
      : { marker };
    const place = placeOf(issue ? 'issue' : 'comment', process.env);
    return `${await post(place, { ...own, text, isUpdateOnly: isUpdateOnly === true })}\n`;
  },
};

/** The files that changed; undefined where nobody knows, or asks. */
function changedBy({ since, before }: Options, project: Project): string[] | undefined {
  if (since !== undefined) return changedSince(since, project);
  return before === undefined ? undefined : changedFrom(before, project);
}

export const review: Command = {
  name: 'review',
  usage,
  summary: 'says in a pull request what its change would do to the servers',
  async run(args) {
    const [verb = '', ...rest] = args;
    const { positionals, values } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        since: { type: 'string' },
        before: { type: 'string' },
        of: { type: 'string' },
        issue: { type: 'boolean' },
        'update-only': { type: 'boolean' },
      },
    });
    const said = await verbs[verb]?.(positionals, values);
    if (said === undefined) {
      const what = verb === '' ? 'say what to review' : `there is no ${verb}`;
      console.error(`keelson review: ${what}\n\n${usage}`);
      return 2;
    }
    if (said !== '') console.log(said.replace(/\n$/, ''));
    return 0;
  },
};
