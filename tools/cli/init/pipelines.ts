/** Pipelines: what GitHub or GitLab runs for a project, fitted to where it lies and what its stack is called. */
import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { oneEnvironment } from './one-environment.ts';

/** What each service reads, at the root of a repository alone. */
const services = { github: /^\.github\//, gitlab: /^\.gitlab-ci\.yml$/ } as const;

/** Whose pipelines a project can have. */
export const pipelines = [...Object.keys(services), 'none'];

/** Which service reads a file of the templates; undefined for one of the project's own. */
export const serviceOf = (path: string): string | undefined =>
  Object.entries(services).find(([, own]) => own.test(path))?.[0];

/** Whether a project with these pipelines has a file; what all of them run lies in `ci/`. */
export function isWanted(path: string, pipeline: string): boolean {
  if (path.startsWith('ci/')) return pipeline !== 'none';
  return [undefined, pipeline].includes(serviceOf(path));
}

/**
 * A pipeline as its template is, but for the one stack that there is yet, and for the folder that its commands run in.
 *
 * @param folder the project's, seen from the root of the repository; `.` when it is that.
 */
export function fitted(path: string, template: string, folder: string, stack: string): string {
  const text = oneEnvironment(template, stack);
  return folder === '.' ? text : inFolder(path, text, folder);
}

function inFolder(path: string, text: string, folder: string): string {
  const document = parseDocument(text);
  if (serviceOf(path) === 'gitlab') enter(document, folder);
  else if (document.has('runs')) step(document, folder);
  else document.setIn(['defaults', 'run', 'working-directory'], folder);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

type Text = ReturnType<typeof parseDocument>;

/** GitLab's jobs begin at the root; what they run first and what they run then share a shell. */
const enter = (document: Text, folder: string): void =>
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && key.value === 'before_script' && isSeq(value))
        value.items.unshift(document.createNode(`cd ${quoted(folder)}`));
    },
  });

/** A path as a shell reads it. */
export const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** Steps of an action take no defaults from the workflow that uses it. */
const step = (document: Text, folder: string): void =>
  visit(document, {
    Map(_, node) {
      if (isMap(node) && node.has('run') && node.has('shell'))
        node.set('working-directory', folder);
    },
  });
