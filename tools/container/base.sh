#!/bin/sh
# Makes the tree of a fresh Debian that all hosts of one release share, as the lower layer of an overlay.
# apt's lists and the packages that servers commonly get are in it already, downloaded but not installed:
# a scenario then installs nginx in seconds and without the network.
#
#   base.sh RELEASE DIR
set -eu
release=$1 tree=$2
installed=systemd,systemd-sysv,dbus,openssh-server,sudo,iproute2,ca-certificates
downloaded='acl attr curl e2fsprogs libnss-myhostname logrotate monit nftables nginx nodejs procps tzdata unattended-upgrades xz-utils'

[ ! -d "$tree" ] || exit 0
mkdir -p "$(dirname "$tree")"
# One builder at a time; whoever waited finds the tree.
exec 9>"$tree.lock"
flock 9
[ ! -d "$tree" ] || exit 0
rm -rf "$tree.partial"
trap 'rm -rf "$tree.partial" "$tree.lock"' EXIT
trap 'exit 130' HUP INT TERM
# Variables in the hooks are mmdebstrap's.
# shellcheck disable=SC2016
mmdebstrap --variant=minbase --format=directory --include="$installed" \
  --skip=cleanup/apt/lists,cleanup/apt/cache \
  --customize-hook='chroot "$1" apt-get clean' \
  --customize-hook="chroot \"\$1\" apt-get install --yes --no-install-recommends --download-only $downloaded" \
  --customize-hook='rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/resolv.conf "$1"/etc/hostname' \
  "$release" "$tree.partial"
mv "$tree.partial" "$tree"
