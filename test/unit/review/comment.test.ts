import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comment, marker } from '../../../tools/review/comment.ts';
import { driftIssue } from '../../../tools/review/drift.ts';
import { command, commandUrn, previewOf, say } from './preview-of.ts';

const drifted = (server: string, message: string) => ({
  steps: [command(server, 'base')],
  diagnostics: [say(message, commandUrn(`${server}-base`))],
});

test('what is equal on several servers is one line of the summary', () => {
  const servers = ['web1', 'web2', 'web3', 'web4'].map((name) =>
    drifted(name, '~ file /a mode 0600 → 0644 (change)'),
  );
  const text = comment([
    previewOf({
      steps: servers.flatMap(({ steps }) => steps),
      diagnostics: servers.flatMap(({ diagnostics }) => diagnostics),
    }),
  ]);
  assert.match(text, /^### production: 4 changes$/m);
  assert.match(text, /^~ web1, web2 and 2 more: file \/a mode 0600 → 0644 \(change\)$/m);
  assert.equal(text.match(/<details>/g)?.length, 4);
});

test('the summary of a stack has ten rows, and says how many more there are', () => {
  const rows = Array.from({ length: 30 }, (_, index) => `! user u${index} shell a → b (drift)`);
  const [summary = ''] = comment([previewOf(drifted('web1', rows.join('\n')))]).split('<details>');
  assert.equal(summary.match(/^! web1: /gm)?.length, 9);
  assert.match(summary, /^… and 21 more$/m);
});

/** Lines of the comment that are no code: all that could be markup. */
function markup(text: string): string[] {
  let fence: string | undefined;
  return text.split('\n').filter((line) => {
    const [run] = /^`{3,}/.exec(line) ?? [];
    if (fence === undefined && run) fence = run;
    else if (fence !== undefined && line === fence) fence = undefined;
    else return fence === undefined;
    return false;
  });
}

const hostile = [
  '```',
  '``````````',
  '~~~',
  '</details>x',
  '<script>alert(1)</script>',
  '@everyone',
  '![x](https://evil.example/x.png)',
  '<!-- -->',
  '\u202Egnp.exe',
  '\x1b[2J',
];

test('nothing that others wrote is markup, wherever it stands', () => {
  for (const name of hostile) {
    const message = `! directory /d extra ${name} → none (drift)\n    -${name}\n${name}`;
    const lines = [say(message, commandUrn('web1-base')), say(name), say(name, undefined, 'error')];
    const preview = previewOf({
      stack: `a${name}`,
      steps: [command('web1', 'base')],
      diagnostics: lines,
    });
    const judged = { findings: [name], exceptions: [name] };
    const texts = [comment([preview], () => judged), driftIssue([preview])];
    for (const text of texts) {
      const outside = markup(text)
        .join('\n')
        .replace(marker, '')
        .replace('<!-- keelson: drift -->', '');
      assert.ok(!outside.includes(name), `${name} in\n${outside}`);
      assert.doesNotMatch(text, /(?!\n)[\p{Cc}\u202E]/u);
      assert.equal(outside.match(/<details>/g)?.length, outside.match(/<\/details>/g)?.length);
      assert.equal(outside.match(/<details>/g)?.length, 1);
    }
  }
});

test('what is too long for a comment is cut, with a note', () => {
  const rows = (server: string) =>
    drifted(
      server,
      Array.from(
        { length: 300 },
        (_, at) => `! file /${'x'.repeat(200)}${at} mode a → b (drift)`,
      ).join('\n'),
    );
  const servers = ['web1', 'web2', 'web3'].map(rows);
  const text = comment([
    previewOf({
      steps: servers.flatMap(({ steps }) => steps),
      diagnostics: servers.flatMap(({ diagnostics }) => diagnostics),
    }),
  ]);
  assert.ok(text.length < 65_536, `${text.length} characters`);
  assert.match(text, /\*Cut: too long for a comment\. The log of this job has all of it\.\*\n$/);
  // What is kept is whole.
  assert.equal(text.match(/<details>/g)?.length, text.match(/<\/details>/g)?.length);
  assert.match(text, /<b>production<\/b>|### production: 900 drifted/);

  const stacks = Array.from({ length: 200 }, () => previewOf(rows('web1')));
  assert.ok(comment(stacks).length < 65_536);
  assert.match(comment(stacks), /\n```\n\n\*Cut: too long/);
  assert.ok(driftIssue(stacks).length < 65_536);
});

test('no stack, and nothing to do, are said', () => {
  assert.equal(comment([]), `${marker}\nThis change touches no stack.\n`);
  assert.equal(comment([previewOf({})]), `${marker}\n### production: nothing to do\n`);
  assert.match(
    comment([previewOf({ hasPlan: false })]),
    /: the preview failed\n\nPulumi made no plan/,
  );
});

test('exceptions to policies are shown with their reasons', () => {
  const text = comment([previewOf({})], () => ({
    findings: [],
    exceptions: ['open-ssh: web1: why'],
  }));
  assert.match(text, /^Policies switched off:\n\n```\nopen-ssh: web1: why\n```$/m);
});

test('the issue has what drifted and nothing else, and is empty where nothing did', () => {
  const message = '! user u shell a → b (drift)\n~ file /a content (change)';
  const issue = driftIssue([previewOf(drifted('web1', message))]);
  assert.match(issue, /<summary><b>production<\/b> web1: 1 drifted<\/summary>/);
  assert.doesNotMatch(issue, /change\)/);
  assert.equal(driftIssue([previewOf(drifted('web1', '~ file /a content (change)'))]), '');
});

test('of very many rows it is told how many are left out, in the issue too', () => {
  const rows = Array.from({ length: 450 }, (_, at) => `! user u${at} shell a → b (drift)`);
  const preview = previewOf(drifted('web1', rows.join('\n')));
  for (const text of [comment([preview]), driftIssue([preview])])
    assert.match(text, /^! user u398 .*\n… and 51 more$/m);
});
