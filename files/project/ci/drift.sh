#!/bin/sh
# Looks for drift, and keeps one issue that says what it found; closes it when all is well again.
#
#   sh ci/drift.sh STACK...
#
# Fails where a server could not be looked at: then not all is known, and the issue is not closed.
set -eu
previews=$(mktemp -d)
trap 'rm -rf "$previews"' EXIT
failed=

# The first call may download Pulumi, which is told on standard output.
npx --no pulumi version >&2
for stack; do
  npx --no pulumi preview --json --non-interactive --stack "$stack" \
    >"$previews/$stack.json" || failed="$failed $stack"
done
npx --no keelson review drift "$previews"/*.json >"$previews/issue.md"
cat "$previews/issue.md"

if [ -n "$failed" ]; then
  npx --no keelson review comment "$previews"/*.json >&2
  [ ! -s "$previews/issue.md" ] || npx --no keelson review post --issue "$previews/issue.md"
  echo "failed:$failed" >&2
  exit 1
fi
npx --no keelson review post --issue "$previews/issue.md"
