#!/bin/sh
# Previews stacks, says what they would do in one comment, and fails where a preview or a policy does.
#
#   sh ci/preview.sh STACK...
#
#   KEELSON_DRIFT=ignore   from where the servers cannot be reached: the program's changes alone
set -eu
previews=$(mktemp -d)
trap 'rm -rf "$previews"' EXIT
failed=

# The first call may download Pulumi, which is told on standard output.
npx --no pulumi version >&2
for stack; do
  if [ "${KEELSON_DRIFT-}" = ignore ]; then
    npx --no pulumi config set keelson:drift ignore --stack "$stack"
  fi
  # Resources that stay as they are belong to what the policies look at.
  npx --no pulumi preview --json --show-sames --non-interactive --stack "$stack" \
    >"$previews/$stack.json" || failed="$failed $stack"
done

# Without a stack there is something to say only where something else was said before.
if [ "$#" -eq 0 ]; then
  npx --no keelson review comment >"$previews/comment.md"
  npx --no keelson review post --update-only "$previews/comment.md"
  exit
fi
npx --no keelson review comment "$previews"/*.json >"$previews/comment.md"
cat "$previews/comment.md"
npx --no keelson review post "$previews/comment.md"
npx --no keelson policy "$previews"/*.json || failed="$failed policies"

if [ -n "$failed" ]; then
  echo "failed:$failed" >&2
  exit 1
fi
