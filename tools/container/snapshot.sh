#!/bin/sh
# Reads what is on a host's disk, from outside, so that nothing runs on the host for it.
#
#   snapshot.sh files ROOT FROM PATH...    ROOT: the host's root directory as seen from here; FROM: where to
#                                          begin in it, words like `. ./run`; PATHs are left out
#     path, type, owner, mode, mtime, ctime, inode, size, link target; each ends in NUL
#
#   snapshot.sh PART ROOT < PATHS          paths that `files` printed, each ended by NUL
#     sums          `HASH  path` of each; each ends in NUL
#     attributes    extended attributes, ACLs among them, as getfattr prints them
#     flags         files that cannot be changed, as lsattr prints them
set -eu
part=$1
cd "$2"
case $part in
  files)
    from=$3
    shift 3
    for path; do
      set -- "$@" -path ".$path" -prune -o
      shift
    done
    # Other file systems are not entered: /proc, /sys, /dev, and those in memory that are not asked for.
    # shellcheck disable=SC2086 # words
    find $from -xdev "$@" -printf '%p\0%y\0%U:%G\0%m\0%T@\0%C@\0%i\0%s\0%l\0'
    ;;
  sums) xargs -0 -r b2sum --length=256 --zero ;;
  attributes) xargs -0 -r getfattr --dump --match=- --encoding=hex ;;
  flags) xargs -0 -r lsattr -d | awk '$1 ~ /[ia]/' ;;
esac
