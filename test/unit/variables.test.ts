/** All parts of the helper are one script of dash: a name that was changed in one of them goes unnoticed in another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helper } from '../../components/host/script.ts';

const names = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, found = '']) => found.match(/[a-z]\w*/g) ?? []);

/** Variables that are read, also with a default, and that nothing sets. */
function neverSet(script: string): string[] {
  const set = new Set([
    ...names(script, /(?:^|[\s;({&|"])([a-z]\w*)=/gm),
    ...names(script, /\$\{([a-z]\w*):=/g),
    ...names(script, /\bread (?:-r )?([a-z_ ]+)/g),
    ...names(script, /\bfor ([a-z]\w*)/g),
  ]);
  // What ends with _ is completed by the name of a kind; ${db:Status-Status} is dpkg's own.
  const read = names(script, /\$\{?#?([a-z]\w*[a-z0-9])\b(?!:[A-Z])/g);
  return [...new Set(read)].filter((name) => !set.has(name)).sort();
}

test('each variable that the helper reads is set somewhere', () => {
  assert.deepEqual(neverSet(helper()), []);
});

test('one that is set under another name is found', () => {
  assert.deepEqual(neverSet(`settings_line=a\nread_settings "\${settings:-}"\n`), ['settings']);
});
