#!/bin/sh
# Builds the package into dist/: JavaScript with its types, since Node.js strips none below node_modules, and beside
# it what lies in files/, where the modules look for it. npm runs it before it packs.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
node_modules/.bin/tsc --project tsconfig.build.json
# Where types are inferred, tsc names files of other packages without the ending that it asks for itself.
find dist -name '*.d.ts' -exec sed -i -E 's,import\("(@pulumi/aws/[^"]*[^"/])"\),import("\1.js"),g; s,\.js\.js",.js",g' {} +
cp -R files dist/files
