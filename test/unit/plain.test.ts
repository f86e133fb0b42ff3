/** Text of others is made plain in the same way by the host's awk and by TypeScript. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from '../../components/lib/plain.ts';
import { integer, pick, seeded } from '../harness/random.ts';
import { hostShell } from './host-shell.ts';

const arrow = 'file /etc/a mode 0666 → 0640';

const table: [text: string, plain: string][] = [
  ['shop', 'shop'],
  [arrow, arrow],
  ['Ünïcödé, 東京, 🚀, ’…×', 'Ünïcödé, 東京, 🚀, ’…×'],
  ['\x1b[2J\x1b]8;;http://evil\x07x', '\\x1b[2J\\x1b]8;;http://evil\\x07x'],
  ['a\rb\bc\x7f', 'a\\x0db\\x08c\\x7f'],
  ['\u0085\u009b31m', '\\xc2\\x85\\xc2\\x9b31m'],
  ['\u202egnp.\u2066', '\\xe2\\x80\\xaegnp.\\xe2\\x81\\xa6'],
  ['a\u2028b\u2029\ufeff', 'a\\xe2\\x80\\xa8b\\xe2\\x80\\xa9\\xef\\xbb\\xbf'],
  ['\u{e0041}\u200b', '\\xf3\\xa0\\x81\\x81\\xe2\\x80\\x8b'],
  ['a\tb', 'a\tb'],
];

const hostPlain = (input: string | Buffer): string =>
  hostShell(`awk "$PLAIN"'{ print plain($0) }'`, { input });

test('what could move the cursor, turn text around or end a line is shown as bytes', () => {
  for (const [text, expected] of table) assert.equal(plain(text), expected);
});

test('the host makes of it the same', () => {
  const input = table.map(([text]) => `${text}\n`).join('');
  assert.equal(hostPlain(input), table.map(([, expected]) => `${expected}\n`).join(''));
});

test('on the host bytes that are no UTF-8 are shown too', () => {
  const input = Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xe2, 0x82]);
  assert.equal(hostPlain(input), 'a\\xff\\xc3\n\\xc0\\xaf\\xed\\xa0\\x80\\xe2\\x82\n');
});

test('host and program agree on whatever text', () => {
  const random = seeded(20261128);
  const ranges: [number, number][] = [
    [0x20, 0x7e],
    [0x80, 0x2ff],
    [0x600, 0x61f],
    [0x1800, 0x180f],
    [0x2000, 0x2070],
    [0xfe00, 0xfeff],
    [0xfff0, 0xffff],
    [0x1f600, 0x1f64f],
    [0xe0000, 0xe00ff],
  ];
  const lines = Array.from({ length: 400 }, () =>
    Array.from({ length: 12 }, () =>
      String.fromCodePoint(integer(random, ...pick(random, ranges))),
    ).join(''),
  );
  assert.equal(hostPlain(`${lines.join('\n')}\n`), `${lines.map(plain).join('\n')}\n`);
});

const everything = `
said() { cat "$work/said"; : >"$work/said"; }
: >"$work/said"
`;

test('what is said stays one line, and is told and logged alike', () => {
  const lines = `${everything}say change "file /srv/a\u001b[2J${'\n'}keelson: all is well: put aside"
    said; cat "$LOG" | cut -d ' ' -f 4-`;
  const line = 'change file /srv/a\\x1b[2J\\x0akeelson: all is well: put aside\n';
  assert.equal(hostShell(lines), line + line);
});

test('rows that are told hold nothing hidden', () => {
  const lines = `${everything}printf 'drift\\tlink\\t/srv/a\\ttarget\\t/x\\033[31m\\t/y\\n' | in_words | tell; said`;
  assert.equal(hostShell(lines), 'drift  link /srv/a target /x\\x1b[31m → /y\n');
});

test('of a failure the first line is the kit’s, and all that others said has a mark', () => {
  const evidence = '    keelson: forged\n\n    | marked\nnginx: \\033[2J[emerg]\n';
  const lines = `fail "rollout shop: 3700 exited
$(printf '${evidence.replaceAll('\n', '\\n')}')" 2>&1 || :`;
  const said = hostShell(`(${lines}) || :`);
  assert.equal(
    said,
    'keelson: rollout shop: 3700 exited\n    | keelson: forged\n    | marked\n    | nginx: \\x1b[2J[emerg]\n',
  );
});

test('nothing is started to say what is plain already', () => {
  const lines = `awk() { echo started; }
    in_plain '${arrow}'; printf '%s\\n' "$plain"; in_plain 'ü'; printf '%s\\n' "$plain"`;
  assert.equal(hostShell(lines), `${arrow}\nstarted\n`);
});

test('a name that nobody could tell is told by its bytes, and what it names is found again', () => {
  const lines = `folder=$(mktemp -d) && cd "$folder"
    for name in 'a\\033[2J' 'b\\342\\200\\256' 'd\\377' 'e\\nkeelson: done' 'x,y' 'ü'; do touch "$(printf "$name")"; done
    remembered='' was_begun='' items=''
    line="directory	$folder	owner=root	@whole=yes"
    observed=$(observe_paths "$line")
    extra=$(field extra "$(observed_of directory "$folder")")
    printf '%s\\n' "$extra"
    put_aside() { rm "$1"; }
    remove_strangers "$folder" "$extra"
    ls "$folder" | wc -l
    rm -r "$folder"`;
  assert.equal(hostShell(lines), 'a\\x1b[2J,b\\xe2\\x80\\xae,d\\xff,e?keelson: done,x?y,ü\n0\n');
});
