#!/bin/sh
# Brings one stack up, unless a policy refuses it: sh ci/up.sh STACK
set -eu
stack=${1:?usage: sh ci/up.sh STACK}
previews=$(mktemp -d)
trap 'rm -rf "$previews"' EXIT

npx pulumi preview --json --show-sames --non-interactive --stack "$stack" >"$previews/$stack.json"
npx keelson policy "$previews/$stack.json"
npx pulumi up --yes --skip-preview --non-interactive --stack "$stack"
