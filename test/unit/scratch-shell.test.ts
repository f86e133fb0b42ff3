/** What is one release's own, on a host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './rollout-shell.ts';

test('a start makes where the links of its release lead, below its own folder alone', () => {
  const said = run(`install() { echo "install $*"; }
    mkdir() { echo "mkdir $2"; }
    cd "$root"
    command mkdir made
    link() { ln -s "$2" "$1"; }
    link a /srv/shop/.scratch/0123456789abcdef/a; link b /srv/shop/linked/b
    link c /srv/shop/.scratch/../../../etc; link d /srv/shop/.scratch/x
    make_scratch shop a b c d made none`);
  assert.equal(
    said,
    'mkdir /srv/shop/.scratch/0123456789abcdef\ninstall -d -o shop -g shop -m 2750 /srv/shop/.scratch/0123456789abcdef/a\n',
  );
});

test('what a release had goes with it, and nothing else', () => {
  const [one, other] = ['0123456789abcdef', 'fedcba9876543210'];
  const said =
    run(`mkdir -p "$STATE/trees" "$home/releases/f1" "$home/.scratch/${one}/a" "$home/.scratch/${other}/a"
    {
      printf 'a b\tl 777 root shop %s\n' "$home/.scratch/${one}/a b"
      printf 'c\tl 777 root shop %s\n' "$home/linked/c" "$home/.scratch/../c" "$home/.scratch/./c"
    } >"$(tree_record "$home/releases/f1").list"
    remove_release f1
    ls -A "$home" "$home/.scratch" | sed "s,$root,,"`);
  assert.match(said, new RegExp(`/srv/.scratch:\\n${other}\\n$`));
  assert.doesNotMatch(said, new RegExp(one));
});
