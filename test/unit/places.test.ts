/** What is refused of directories that lie elsewhere, and of links in their place: told by the look, before anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostShell } from './host-shell.ts';

const directory = (path: string, more = '') =>
  `directory\t${path}\towner=shop\tgroup=www-data\tmode=2770\t@remove=keep${more}`;

/** What is said of item lines when this was done; paths are below a scratch directory, $root. */
const told = (prepare: string, ...items: string[]): string[] =>
  hostShell(
    `root=$(mktemp -d) && trap 'rm -rf "$root"' EXIT
    cd "$root" && mkdir -p srv/shop mnt etc && remembered=''
    ${prepare}
    items=$(sed "s,ROOT,$root,g")
    observe_places "$items" | sed "s,$root,ROOT,g"`,
    { input: `${items.join('\n')}\n` },
  )
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/^foreign\tROOT/, '').replace('\t', ' '));

const usual = directory('ROOT/srv/shop/media');
const place = directory('ROOT/mnt/media', '\t@place=yes');
const link = 'link\tROOT/srv/shop/media\ttarget=ROOT/mnt/media\t@place=yes';
const known = 'remembered="directory$TAB$root/mnt/media$TAB@place=yes"';

test('a directory that people fill and that became a link is refused', () => {
  const moved = 'mkdir mnt/media && ln -s "$root/mnt/media" srv/shop/media';
  assert.deepEqual(told('mkdir srv/shop/media', usual), []);
  assert.match(told(moved, usual).join(), /^\/srv\/shop\/media is a link to ROOT\/mnt\/media; /);
  // Where it lies in one that became a link, as well.
  const home = 'directory\tROOT/srv/shop\towner=root\tgroup=root\tmode=0755';
  const away = 'mv srv/shop mnt/shop && ln -s "$root/mnt/shop" srv/shop';
  assert.match(told(away, home, usual).join('\n'), /^\/srv\/shop is a link to ROOT\/mnt\/shop; /);
  assert.deepEqual(told(away, home), [], 'the kit’s own is mended');
  const theirs = `${home}\t@theirs=yes`;
  assert.equal(told(away, theirs).length, 1);
});

test('the link that was wanted is no matter, nor is one that hides nothing', () => {
  assert.deepEqual(
    told('mkdir mnt/media && ln -s ../../mnt/media srv/shop/media', place, link),
    [],
  );
  assert.deepEqual(told('', place, link), []);
  assert.deepEqual(told('mkdir srv/shop/media', place, link), []);
  assert.deepEqual(told('ln -s "$root/nowhere" srv/shop/media', place, link), []);
});

test('files where the directory was before are moved first', () => {
  const words = (from: string) =>
    `/srv/shop/media would hide what lies in ROOT/${from}; move that first: systemctl stop monit shop.target && mv -T ROOT/${from} ROOT/mnt/media`;
  const strip = (lines: string[]) => lines.map((line) => line.replace('stop ROOT', 'stop shop'));
  const there = told('mkdir srv/shop/media && touch srv/shop/media/.a', place, link);
  assert.equal(there.length, 1);
  assert.match(there[0] ?? '', /would hide what lies in ROOT\/srv\/shop\/media; move that first/);
  assert.match(there[0] ?? '', /mv -T ROOT\/srv\/shop\/media ROOT\/mnt\/media, then run up$/);
  const elsewhere = told(
    'mkdir mnt/old && touch mnt/old/a && ln -s "$root/mnt/old" srv/shop/media',
    place,
    link,
  );
  assert.match(strip(elsewhere)[0] ?? '', new RegExp(words('mnt/old').slice(0, 50)));
});

test('a place that is gone is not begun anew, one without a parent is named', () => {
  assert.match(
    told(known, place).join(),
    /is gone, with what the app kept there; mount its disk, or let it begin anew: mkdir ROOT\/mnt\/media$/,
  );
  assert.match(
    told('rmdir mnt', place).join(),
    /has no ROOT\/mnt to lie in; mount its disk, or make that directory$/,
  );
});

test('files of somebody else’s at a place are refused, those that an app left there are not', () => {
  const mine = 'mkdir -p mnt/media && touch mnt/media/a';
  const stat = (answer: string) => `stat() { echo ${answer}; }`;
  assert.deepEqual(told(`mkdir mnt/media; ${stat('"jane 755"')}`, place), [], 'empty');
  assert.match(
    told(`${mine}; ${stat('"jane 755"')}`, place).join(),
    /holds files, and is not the app's; choose another place, or hand it over: chown root ROOT\/mnt\/media && chmod 2770/,
  );
  assert.equal(told(`${mine}; ${stat('"root 755"')}`, place).length, 1);
  assert.deepEqual(told(`${mine}; ${stat('"root 2770"')}`, place), []);
  assert.deepEqual(told(`${mine}; ${stat('"shop 2770"')}`, place), []);
  assert.deepEqual(told(`${mine}; ${known}; ${stat('"jane 755"')}`, place), []);
  assert.match(told('touch mnt/media', place).join(), /is no directory; choose another place/);
  assert.match(
    told('mkdir mnt/x && ln -s x mnt/media', place).join(),
    /is a link to ROOT\/mnt\/x; name that directory itself in the stack file/,
  );
});

test('a place on a disk that the kit is about to mount needs no directory to lie in yet', () => {
  const missing = told('rm -r mnt', place);
  assert.match(missing.join(), /^\/mnt\/media has no ROOT\/mnt to lie in; mount its disk/);
  const mount = 'directory\tROOT/mnt\towner=root\tgroup=root\tmode=0755';
  assert.deepEqual(told('rm -r mnt', mount, place), []);
});
