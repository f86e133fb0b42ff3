#!/bin/sh
# Looks for drift, and keeps one issue that says what it found; closes it when all is well again.
#
#   sh ci/drift.sh STACK...
#
# Fails where a server could not be looked at: then nothing is known, and the issue stays as it is.
set -eu
previews=$(mktemp -d)
trap 'rm -rf "$previews"' EXIT
failed=

for stack; do
  npx pulumi preview --json --non-interactive --stack "$stack" \
    >"$previews/$stack.json" || failed="$failed $stack"
done
npx keelson review drift "$previews"/*.json | tee "$previews/issue.md"

if [ -n "$failed" ]; then
  npx keelson review comment "$previews"/*.json >&2
  [ ! -s "$previews/issue.md" ] || npx keelson review post --issue "$previews/issue.md"
  echo "failed:$failed" >&2
  exit 1
fi
npx keelson review post --issue "$previews/issue.md"
