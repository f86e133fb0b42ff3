# shellcheck shell=sh
# The npm packages; Node.js itself is one of them, since the machine's own may be too old for Pulumi.

npm_packages() {
  command -v npm >/dev/null ||
    fail 'npm is missing' 'install Node.js with npm (Debian and Ubuntu: apt-get install --no-install-recommends npm)'
  lockfile=$(cksum <package-lock.json)
  # Inside node_modules, so that removing that directory removes the stamp too.
  stamp=node_modules/.keelson
  if [ "$(cat $stamp 2>/dev/null)" != "$lockfile" ]; then
    step npm 'npm packages' 'check that the npm registry can be reached (npm ping), then try again' \
      npm ci --include=dev --include=optional
    link_node
    node_is_new_enough
    printf '%s\n' "$lockfile" >$stamp
  fi
  PATH=$PWD/node_modules/.bin:$PATH
}

# Older npm (Debian 12's 9.2) loses the link with the package of the other architecture, which it takes out again.
link_node() {
  for package in node_modules/node-linux-*; do
    [ ! -x "$package/bin/node" ] ||
      ln -sf "../${package#node_modules/}/bin/node" node_modules/.bin/node
  done
}

# Node.js strips types without a flag from the version on that package.json asks for.
node_is_new_enough() {
  version=$(PATH=$PWD/node_modules/.bin:$PATH node --version) ||
    fail 'Node.js does not run' 'see the message above'
  major=${version#v} major=${major%%.*}
  minor=${version#*.} minor=${minor%%.*}
  least=$(sed -n 's/^ *"node": ">=\([0-9.]*\)".*/\1/p' package.json)
  [ "$major" -gt "${least%.*}" ] || { [ "$major" -eq "${least%.*}" ] && [ "$minor" -ge "${least#*.}" ]; } ||
    fail "Node.js $version is too old" "install Node.js $least or newer (on Linux x64 and arm64 it comes with the npm packages)"
}
