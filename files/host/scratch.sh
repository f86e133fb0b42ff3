# What an app fills while it runs and is one release's own lies beside it: see components/app/scratch.ts.

# Before each start of an instance or a hook, as root, in the directory of its release.
# Usage: make_scratch APP PATH...
make_scratch() {
  app=$1 home=/srv/$1
  shift
  for path; do
    target=$(readlink -- "$path") || continue
    case $target in
      */../*) ;;
      "$home/.scratch/"?*/?*)
        # The way there is root's: no link of the app's can lead elsewhere.
        (umask 022 && mkdir -p "${target%/*}") && install -d -o "$app" -g "$app" -m 2750 "$target"
        ;;
    esac
  done
}

# Its links say where.
# Usage: remove_scratch RELEASE-DIRECTORY
remove_scratch() {
  sed -n "s,^.* $home/\.scratch/\([0-9a-f]\{16\}\)/.*,\1,p" "$(tree_record "$1").list" 2>/dev/null | sort -u |
    while read -r key; do rm -rf "$home/.scratch/$key"; done
}
