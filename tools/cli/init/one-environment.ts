/** The pipeline of a project that has one environment: the jobs of `staging` go, those of `production` are its own. */
import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';

/**
 * A pipeline's template with one stack in place of the two that it shows.
 *
 * @example oneEnvironment('run: sh ci/drift.sh staging production', 'live') // run: sh ci/drift.sh live
 * @throws where a job of the pipeline has that name already.
 */
export function oneEnvironment(template: string, stack: string): string {
  const one = template.replace(/\bstaging[, ]production\b/g, 'production');
  const left = /^ *staging:$/m.test(one) ? withoutJob(one, 'staging') : one;
  const own = left.replace(/\bproduction\b/g, stack);
  // Two jobs of one name.
  if (parseDocument(own).errors.length > 0)
    throw new Error(`--environment: ${stack} is a job of the pipeline; choose another name`);
  return own;
}

function withoutJob(text: string, job: string): string {
  const document = parseDocument(text);
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && key.value === job && isMap(value)) return visit.REMOVE;
      if (!isSeq(value)) return undefined;
      const before = value.items.length;
      value.items = value.items.filter((item) => !(isScalar(item) && item.value === job));
      return before > 0 && value.items.length === 0 ? visit.REMOVE : undefined;
    },
  });
  const words = new RegExp(`^ *#.*\\b${job}\\b.*\n`, 'gm');
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).replace(words, '');
}
