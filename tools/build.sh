#!/bin/sh
# Builds the package into dist/: JavaScript with its types, since Node.js strips none below node_modules, and beside
# it what lies in files/, where the modules look for it. npm runs it before it packs.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
node_modules/.bin/tsc --project tsconfig.build.json
cp -R files dist/files
