/** The text format of Prometheus, as `promtool check metrics` reads it: what a server would refuse is an error here too. */
import assert from 'node:assert/strict';

export type Sample = { name: string; labels: Readonly<Record<string, string>>; value: number };

const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/;
const line = new RegExp(
  `^([a-zA-Z_][a-zA-Z0-9_]*)(?:\\{(${label.source}(?:,${label.source})*)\\})? (-?[0-9]+(?:\\.[0-9]+)?)$`,
);

/**
 * The samples of a text.
 * @throws where a metric is not told by HELP and TYPE before its first sample, its samples do not follow one another,
 * one is there twice, a counter does not end in `_total` or another metric does, or a line is none of the format.
 */
export function samplesOf(text: string): Sample[] {
  assert.ok(text.endsWith('\n'), 'the last line has no end');
  const types = new Map<string, string>();
  const seen = new Set<string>();
  const samples: Sample[] = [];
  let current = '';
  for (const one of text.slice(0, -1).split('\n')) {
    const [, helped] = /^# HELP (\S+) \S/.exec(one) ?? [];
    const [, typed, type = ''] = /^# TYPE (\S+) (gauge|counter)$/.exec(one) ?? [];
    if (helped) {
      assert.ok(!types.has(helped), `${helped} is told twice`);
      current = helped;
    } else if (typed) {
      assert.equal(typed, current, 'TYPE follows HELP');
      assert.equal(typed.endsWith('_total'), type === 'counter', typed);
      types.set(typed, type);
    } else {
      const [, name = '', labels = '', ...rest] =
        line.exec(one) ?? assert.fail(`no sample: ${one}`);
      assert.equal(name, current, 'samples of a metric follow one another');
      assert.ok(types.has(name), name);
      assert.ok(!seen.has(`${name}{${labels}}`), `twice: ${one}`);
      seen.add(`${name}{${labels}}`);
      samples.push({ name, labels: labelsOf(labels), value: Number(rest.at(-1)) });
    }
  }
  return samples;
}

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(new RegExp(label.source, 'g'))].map(([, name = '', value = '']) => [
      name,
      value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped)),
    ]),
  );
