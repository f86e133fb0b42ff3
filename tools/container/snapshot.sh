#!/bin/sh
# Reads what is on a host's disk, from outside, so that nothing runs on the host for it.
#
#   snapshot.sh PART ROOT FROM PATH...    ROOT: the host's root directory as seen from here; FROM: where to
#                                         begin in it, words like `. ./run`; PATHs are left out
#
#   files         path, type, owner, mode, mtime, ctime, inode, size, link target; each ends in NUL
#   sums          `HASH  path` of each regular file; each ends in NUL
#   attributes    extended attributes, ACLs among them, as getfattr prints them
#   flags         files that cannot be changed, as lsattr prints them
set -eu
part=$1 from=$3
cd "$2"
shift 3
for path; do
  set -- "$@" -path ".$path" -prune -o
  shift
done

# Other file systems are not entered: /proc, /sys, /dev, and those in memory that are not asked for.
# shellcheck disable=SC2086 # words
case $part in
  files) find $from -xdev "$@" -printf '%p\0%y\0%U:%G\0%m\0%T@\0%C@\0%i\0%s\0%l\0' ;;
  sums) find $from -xdev "$@" -type f -print0 | xargs -0 -r b2sum --length=256 --zero ;;
  attributes)
    find $from -xdev "$@" '(' -type f -o -type d ')' -print0 |
      xargs -0 -r getfattr --dump --match=- --encoding=hex
    ;;
  # Links and devices have no flags.
  flags)
    find $from -xdev "$@" '(' -type f -o -type d ')' -print0 | xargs -0 -r lsattr -d |
      awk '$1 ~ /[ia]/'
    ;;
esac
