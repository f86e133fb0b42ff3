# Trees: what lies in a directory that was unpacked, told by change times, and only when one moved by all content.

tree_record() {
  flatten "$1"
  printf '%s/trees/%s' "$STATE" "$flat"
}

tree_stamp() {
  find "$1" -printf '%P\t%y\t%m\t%U\t%G\t%s\t%C@\t%i\t%l\n' | LC_ALL=C sort | sha256sum | { read -r hash_of _ && printf '%s\n' "$hash_of"; }
}

# Usage: tree_states ITEM-LINES. PATH<TAB>intact, or what of it is not, or unknown.
tree_states() {
  names_of_trees "$1" | while IFS= read -r tree; do
    is_directory "$tree" || continue
    record=$(tree_record "$tree") stamp=''
    [ ! -f "$record.stamp" ] || read -r stamp <"$record.stamp" || :
    if [ "$(tree_stamp "$tree")" = "$stamp" ]; then
      printf '%s\tintact\n' "$tree"
    elif [ -f "$record.list" ]; then
      differing=$(tree_differences "$tree" | cut -f 2 | head -n 6 | paste -s -d ' ')
      printf '%s\t%s\n' "$tree" "${differing:-intact}"
    else
      printf '%s\tunknown\n' "$tree"
    fi
  done
}

names_of_trees() {
  take_names "$1"
  printf '%s' "$names"
}

# PATH<TAB>TYPE MODE OWNER GROUP LINK-TARGET-OR-HASH of everything in a tree. No archive has a name with
# control characters, which would not fit into a line.
tree_list() {
  (
    cd "$1" || exit 1
    find . ! -path "$ODD" ! -lname "$ODD" -printf 'stat\t%P\t%y %m %u %g %l\n'
    find . \( -path "$ODD" -o -lname "$ODD" \) -printf '%P\0' | tr '\001-\037\177' '?' | tr '\0' '\n' |
      sed 's/.*/stat\t&\todd/'
    find . ! -path "$ODD" -type f -print0 | xargs -0 -r sha256sum -- | sed 's/^\\\{0,1\}\([0-9a-f]*\)  \.\//hash\t\1\t/'
    tree_attributes | sed 's,\t\./*,\t,'
  ) | awk -F '\t' '
    $1 == "stat" { seen[$2] = $3 }
    $1 == "hash" { seen[$3] = seen[$3] $2 }
    $1 == "attribute" || $1 == "flags" { seen[$2] = seen[$2] " " $3 }
    END { for (path in seen) print path "\t" seen[path] }' | LC_ALL=C sort
}
ODD='*[[:cntrl:]]*'

# attribute<TAB>PATH<TAB>acl|NAME, and flags<TAB>PATH<TAB>i, of all that lies here.
tree_attributes() {
  if [ -x /usr/bin/getfattr ]; then
    getfattr -R -P --absolute-names -d -m - . 2>/dev/null |
      awk '/^# file: / { path = substr($0, 9); next }
        /^system\.posix_acl/ { print "attribute\t" path "\tacl"; next }
        /^security\.selinux/ { next }
        /^[a-z]+\.[^=]+/ { sub(/=.*/, ""); print "attribute\t" path "\t" $0 }'
  fi
  lsattr -R . 2>/dev/null | awk '$1 ~ /^[-a-zA-Z]+$/ && $1 ~ /[ia]/ {
      flags = ($1 ~ /i/ ? "immutable" : "") ($1 ~ /a/ ? "append-only" : "")
      sub(/^[^ ]+ /, ""); print "flags\t" $0 "\t" flags }'
}

# changed|missing|extra<TAB>PATH of a tree against its list.
tree_differences() {
  tree_list "$1" | awk -F '\t' -v list="$(tree_record "$1").list" '
    BEGIN { while ((getline line < list) > 0) { split(line, part, "\t"); want[part[1]] = part[2] } }
    !($1 in want) { print "extra\t" $1; next }
    want[$1] != $2 { print "changed\t" ($1 == "" ? "." : $1) }
    { delete want[$1] }
    END { for (path in want) print "missing\t" path }' | LC_ALL=C sort
}
