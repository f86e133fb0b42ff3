#!/bin/sh
# The quick part of the tests: format and lint, types, shell scripts, unit tests, all side by side.
# One failure does not hide another; the exit code is 1 when any failed.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PWD/node_modules/.bin:$PATH
# What Node.js has compiled once serves all test files, and the next time too.
export NODE_COMPILE_CACHE="$PWD/.keelson/compile-cache"
mkdir -p .keelson
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 1' INT TERM

# Known by their first lines, not by their names: programs have no ending.
shell_scripts() {
  git grep --untracked --files-with-matches -e '^#!/bin/sh' -e '^# shellcheck shell=sh' \
    ':!files/host/*.sh' | xargs shellcheck --external-sources
}

# The parts of the programs on a host use each other, so they are read as one. Left out: that it includes
# /etc/os-release (SC1091), that functions and pipelines use one name (SC2030, SC2031), that what a kind says of
# itself is read by a name that is put together (SC2034), and that a trap calls functions (SC2317).
host_scripts() {
  excluded=SC1091,SC2030,SC2031,SC2034,SC2317
  {
    cat files/host/prelude.sh
    find files/host -name '*.sh' ! -name prelude.sh | sort | xargs cat
  } >"$results/host.sh"
  # It takes longer than all else together: what was found good is not read again.
  good=$(printf '%s ' "$(shellcheck --version)" "$excluded" "$(cat "$results/host.sh")" | sha256sum)
  if [ "$(cat .keelson/shellcheck 2>/dev/null)" = "$good" ]; then return 0; fi
  shellcheck --exclude="$excluded" - <"$results/host.sh" && echo "$good" >.keelson/shellcheck
}

# Test files share processes, since each by itself would load the same modules. Those that run the shell of a host, or
# other programs, have their own: they load no Pulumi, and the smaller a process is the sooner it forks. So have those
# that wait most, for what they ask a server.
rollout='rollout-shell\.ts'
shells='-shell\.ts'
programs='child_process'
servers='ssh-server|createServer'
# with WORDS [WITHOUT]: names the test files that have some of the words, and none of the others.
with() {
  grep -rlE --include='*.test.ts' -e "$1" test/unit | xargs grep -LE -e "${2:-never^}" | sort
}
# suite WORDS [WITHOUT]: runs those.
# shellcheck disable=SC2046 # names of files
suite() { node --test-reporter=dot test/unit/suite.ts $(with "$@"); }

# begin NAME COMMAND...: runs a check in the background.
begin() {
  name=$1
  shift
  {
    "$@" >"$results/$name" 2>&1
    echo $? >"$results/$name.code"
  } &
}

begin lint biome check --error-on-warnings
begin types tsc --incremental --tsBuildInfoFile .keelson/tsc
begin shell shell_scripts
begin host host_scripts
begin shells suite "$shells" "$rollout"
begin programs suite "$programs" "$shells"
begin rollout suite "$rollout"
begin servers suite "$servers" "$shells|$programs"
begin unit suite . "$shells|$programs|$servers"
wait

failed=
for name in lint types shell host shells programs rollout servers unit; do
  if [ "$(cat "$results/$name.code")" = 0 ]; then
    printf '✓ %s\n' "$name"
  else
    failed=1
    printf '✗ %s\n' "$name"
    cat "$results/$name"
  fi
done
[ -z "$failed" ]
