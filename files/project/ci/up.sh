#!/bin/sh
# Brings one stack up, unless a policy refuses it: sh ci/up.sh STACK
set -eu
stack=${1:?usage: sh ci/up.sh STACK}
previews=$(mktemp -d)
trap 'rm -rf "$previews"' EXIT

# The first call may download Pulumi, which is told on standard output.
npx --no pulumi version >&2
npx --no pulumi preview --json --show-sames --non-interactive --stack "$stack" >"$previews/$stack.json" || {
  # Its messages are in the JSON.
  npx --no keelson review comment "$previews/$stack.json" >&2
  exit 1
}
npx --no keelson policy "$previews/$stack.json"
npx --no pulumi up --yes --skip-preview --non-interactive --stack "$stack"
