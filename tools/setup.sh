#!/bin/sh
# Prepares a clone: npm packages with a Node.js of their own, and a Pulumi home inside the clone.
# Safe to repeat and to interrupt; takes milliseconds when everything is there.
#
#   sh tools/setup.sh [--no-pulumi] [--shellcheck] [--container] [--actionlint] [--pebble] [--goss]
#
#   --no-pulumi   leave out the Pulumi CLI and its plugins
#   --shellcheck  also what the checks of the shell scripts need
#   --container   also what a Debian host in a container of this machine needs
#   --actionlint  also what checks the workflows of GitHub Actions
#   --pebble      also an ACME server, for the tests of certificates
#   --goss        also what asks a host for the controls of `npm run audit`
#
# Everything lands in node_modules/ and .keelson/, but for Debian packages and Go's own caches.
set -eu
cd "$(dirname "$0")/.."

. tools/setup/step.sh
. tools/setup/system.sh
. tools/setup/npm.sh
. tools/setup/pulumi.sh
. tools/setup/go-tool.sh

pulumi=yes shellcheck='' container='' tools=''
for option; do
  case $option in
    --no-pulumi) pulumi='' ;;
    --shellcheck) shellcheck=yes ;;
    --container) container=yes ;;
    --actionlint | --pebble | --goss) tools="$tools ${option#--}" ;;
    *) fail "unknown option $option" 'choose from --no-pulumi, --shellcheck, --container, --actionlint, --pebble, --goss' ;;
  esac
done

mkdir -p .keelson/log
# Two set-ups of one clone at once wait for each other. Where there is no flock, they are not told apart.
if command -v flock >/dev/null; then
  exec 9>.keelson/setup.lock
  flock --nonblock 9 || { echo 'set-up: another one is at work in this clone, waiting' && flock 9; }
fi

npm_packages
[ -z "$shellcheck" ] || shellcheck_packages
[ -z "$container" ] || container_packages
[ -z "$pulumi" ] || pulumi_home
for tool in $tools; do go_tool "$tool"; done
