# Files of other manifests that the same programs read. One that drifted into nonsense would have a program refuse
# this manifest as well, which comes first; so it is put back at once, as it was applied, and told.

# Usage: mend_others CHECKS
mend_others() {
  [ -n "$1" ] || return 0
  drifted_others "$1" >"$work/others"
  while IFS="$TAB" read -r other path <&3; do
    mend_other "$other" "$path" 3<&-
  done 3<"$work/others"
}

# MANIFEST<TAB>PATH of those that are not what was applied.
# Usage: drifted_others CHECKS
drifted_others() {
  list_manifests manifests "$manifest"
  set -f
  IFS=$NEWLINE
  # shellcheck disable=SC2086 # one word a line
  set -- "$1" $found
  unset IFS
  set +f
  [ $# -gt 1 ] || return 0
  checks_of=$1
  shift
  awk -F '\t' -v checks="$(printf ' %s ' "$checks_of" | tr '\n' ' ')" '
    FNR == 1 { name = FILENAME; sub(/^.*\//, "", name) }
    $1 == "file" && $2 ~ /^\/etc\// && match($0, /\t@check=[a-z]+/) {
      if (!index(checks, " " substr($0, RSTART + 8, RLENGTH - 8) " ")) next
      match($0, /\tsha256=[0-9a-f]+/); hash = substr($0, RSTART + 8, RLENGTH - 8)
      # Of a file that another manifest has by now, the one that is about to go says what it was.
      if ($2 in of && of[$2] != hash) several[$2]
      of[$2] = hash; owner[$2] = name }
    END { for (path in of) if (!(path in several)) print owner[path] "\t" path "\t" of[path] }' "$@" >"$work/checked"
  : >"$work/hashes"
  while IFS="$TAB" read -r other path hash; do
    if [ -f "$path" ] && [ ! -L "$path" ]; then
      printf '%s  %s\n' "$hash" "$path" >>"$work/hashes"
    # What is missing breaks nothing; and of an app that goes the files may have gone before.
    elif is_there "$path"; then
      printf '%s\t%s\n' "$other" "$path"
    fi
  done <"$work/checked"
  sha256sum --check --quiet "$work/hashes" 2>/dev/null | sed -n 's/: FAILED$//p' | while IFS= read -r path; do
    awk -F '\t' -v path="$path" '$2 == path { print $1 "\t" $2; exit }' "$work/checked"
  done
}

# Usage: mend_other MANIFEST PATH
mend_other() {
  line=$(item_lines "$STATE/manifests/$1" | grep "^file$TAB$2$TAB")
  (
    manifest=$1 wanted=$line
    look_at_items apply
    tell_rows file
  )
  other_text=$work/keelson.$$.other.dpkg-new
  applied_text "$1" "$2" | sed 's/^|//' >"$other_text"
  chattr -ia "$2" 2>/dev/null || :
  take_ownership "$line"
  write_alike "$owner$TAB$group$TAB$mode$TAB${2%/*}" "$other_text"
  swap_file "${2%/*}/${other_text##*/}" "$2"
  touched "$2"
}
