#!/bin/sh
# Keelson on a Debian host. Assembled from files/host/*.sh; see docs/protocol.md.
set -eu
# Nothing of the login's surroundings reaches what lands on the host.
umask 077
export LC_ALL=C TZ=UTC PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none SYSTEMD_PAGER=''
# Else sudo refuses to go where root has no password; it goes only where the kit itself brought it.
export SUDO_FORCE_REMOVE=yes
TAB=$(printf '\t')
NEWLINE='
'
STATE=/var/lib/keelson
LOG=/var/log/keelson.log
HELPER=/usr/local/sbin/keelson
SSHD_FOLDER=/etc/ssh
OWN_UNITS=/etc/systemd/system
LOCK_WAIT=900
APT_WAIT=300
# Seconds after which a program that the helper runs is ended: it waits for what will not come.
CHECK_LIMIT=120 ACCOUNT_LIMIT=60 OWN_LIMIT=60 JOB_LIMIT=1200 APT_LIMIT=3600
# How often LOCK_WAIT is waited for another manifest of the same run: half a day.
LOCK_ROUNDS=48
# Who made it: the comment of each user, and in the first lines of each file.
OURS='Managed by Keelson'

# A release is named by its content unpacked from gzip, a download by its bytes.
blob_hashes() {
  [ -f "$1" ] || return 0
  sha256sum <"$1"
  gzip -dc "$1" 2>/dev/null | sha256sum
}

# Whether a blob is what its name says. It is read again only when it was touched since it was noted,
# whatever the clock said then or says now.
blob_is_intact() {
  [ -f "$STATE/blobs/$1.run" ] && read -r _ noted <"$STATE/blobs/$1.run" || return 1
  # Without a note, as of an older helper, a blob that is gone would be like it.
  [ -z "$noted" ] || [ "$(blob_stamp "$1")" != "$noted" ] || return 0
  case $(blob_hashes "$STATE/blobs/$1" 2>/dev/null) in *"$1"*) ;; *) return 1 ;; esac
}
blob_stamp() { find "$STATE/blobs/$1" -type f -printf '%C@ %i %s' 2>/dev/null || :; }
