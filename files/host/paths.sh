# What files, directories, links and trees have in common: they are seen in one go.

is_directory() { [ -d "$1" ] && [ ! -L "$1" ]; }
is_there() { [ -e "$1" ] || [ -L "$1" ]; }

# Usage: make_parent PATH. The directory that it is to lie in.
make_parent() { [ -d "${1%/*}" ] || mkdir -p "${1%/*}"; }

# Sets flat to a path as the name of one file, without a process.
# Usage: flatten PATH
flatten() {
  path_of=$1 flat=''
  while :; do
    case $path_of in */*) flat=$flat${path_of%%/*}% path_of=${path_of#*/} ;; *) break ;; esac
  done
  flat=$flat$path_of
}

# Usage: observe_paths ITEM-LINES
observe_paths() {
  path_lines=$1 file_lines='' whole_lines='' tree_lines=''
  set -f
  IFS=$NEWLINE
  for line in $path_lines; do
    case $line in
      file"$TAB"*) file_lines=$file_lines$line$NEWLINE ;;
      directory"$TAB"*"${TAB}@whole=yes"*) whole_lines=$whole_lines$line$NEWLINE ;;
      tree"$TAB"*) tree_lines=$tree_lines$line$NEWLINE ;;
    esac
  done
  unset IFS
  set +f
  {
    # A line break in a target ends no record.
    find_names "$path_lines" -maxdepth 0 -printf 'path\t%p\t%y\t%u\t%g\t%m\t%l\0' | tr '\n\0' '?\n'
    observe_attributes "$path_lines"
    [ -z "$whole_lines" ] || observe_entries
    observe_shadows
    observe_origins "$path_lines"
    observe_places "$path_lines"
    # Only what is a file now: reading a fifo, or a link to a device, might never end.
    section hash
    find_names "$file_lines" -maxdepth 0 -type f -exec sha256sum -- {} +
    section tree
    [ -z "$tree_lines" ] || tree_states "$tree_lines"
    section items
    printf '%s\n' "$path_lines"
  } | join_paths
}

# ACLs, attributes and flags, as the tools say them. Values are not read: an app may give its own many, and large ones.
observe_attributes() {
  section attribute
  [ ! -x /usr/bin/getfattr ] || with_names "$1" getfattr -h -P --absolute-names -m -
  section flags
  with_names "$1" lsattr -d
}

# What lies in directories that the kit owns whole, and what is known of it.
observe_entries() {
  section known
  # Not $items alone: when one manifest is applied, the others have theirs there too.
  printf '%s\n' "$items" "$remembered" "$was_begun"
  # Only the look knows all manifests. Of a stranger that it did not name, nobody can say here whose it is: a host
  # may have lost its memory.
  if [ -n "${strangers:-}" ]; then
    section stranger
    cat "$strangers"
  fi
  # What a run that died had staged is taken away by the next.
  [ -z "$was_begun" ] || section cut
  section entry
  find_names "$whole_lines" -mindepth 1 -maxdepth 1 -printf '%p\0' | tr '\t\n\0' '??\n'
}

# foreign<TAB>PATH<TAB>WORDS: a template or target of ours that would take the place of one of a package's.
observe_shadows() {
  section facts
  take_names "$file_lines"
  set -f
  IFS=$NEWLINE
  for name in $names; do
    case $name in
      /etc/systemd/system/*/*) ;;
      /etc/systemd/system/*@.* | /etc/systemd/system/*.target)
        name=${name#/etc/systemd/system/}
        [ ! -e "/usr/lib/systemd/system/$name" ] ||
          printf 'foreign\t%s\t%s\n' "/etc/systemd/system/$name" \
            "would take the place of /usr/lib/systemd/system/$name, which a package brought; rename the app"
        ;;
    esac
  done
  unset IFS
  set +f
}

# Brings it into the shape of the items.
join_paths() {
  awk -F '\t' '
    function type(letter) {
      return letter == "f" ? "file" : letter == "d" ? "directory" : letter == "l" ? "link" : \
        letter == "s" ? "socket" : letter == "p" ? "fifo" : "device"
    }
    function mode(digits) { while (length(digits) < 4) digits = "0" digits; return digits }
    function say(text) { out = out "\t" text }
    function hidden(p) {
      if (p in acl) say("acl=yes")
      if (p in xattr) say("xattr=" xattr[p])
      if (p in flags) say("flags=" flags[p])
    }
    # A managed directory that became a link leads elsewhere: what is found there is not what is wanted.
    function is_elsewhere(p) {
      while (sub(/\/[^\/]*$/, "", p)) if (kindof[p] == "link") return 1
      return 0
    }
    # What an app that went has left belongs to root, with the mode that it had. A place is given by the stack file,
    # and /etc/keelson is the own of the kit.
    function is_kept(p) {
      if (/\t@place=/ || (kindof[p] == "directory" && p ~ /^\/etc\/keelson\//)) return 1
      return kindof[p] == "directory" && owner[p] == "root" && /\t@remove=(keep|last)/ && index($0 "\t", "\tmode=" mode(octal[p]) "\t")
    }
    function strangers(p,  base) {
      base = p; sub(/^.*\//, "", base); gsub(/,/, "?", base); base = plain(base)
      if (is_cut && base ~ /^keelson[.][0-9]+[.].*[.]dpkg-new$/) return
      if (is_told && !index("," told[entries[p]] ",", "," base ",")) return
      if (!(p in known)) extra[entries[p]] = sorted(extra[entries[p]] (extra[entries[p]] != "" ? "," : "") base)
    }
    '"$SORTED$PLAIN"'
    function observe(kind, p,  wanted) {
      if (p in foreign) { say("foreign=" foreign[p]); return }
      if (p in whose) say("@whose=" (is_kept(p) ? "kit" : whose[p]))
      wanted = kind == "tree" ? "directory" : kind
      if (!(p in kindof) || is_elsewhere(p)) { if (kind != "absent") say("state=missing"); return }
      if (kind == "absent" || kindof[p] != wanted) { say("type=" kindof[p]); return }
      if (kind == "link") { say("target=" target[p]); return }
      say("owner=" owner[p]); say("group=" grp[p])
      if (kind == "tree") { say("content=" (p in tree ? tree[p] : "unknown")); return }
      say("mode=" mode(octal[p]))
      if (kind == "file") say("sha256=" hash[p])
      hidden(p)
      if (kind == "directory" && p in extra && /\t@whole=yes/) say("extra=" extra[p])
    }
    $1 == "section" { part = $2; path = ""; if (part == "stranger") is_told = 1; if (part == "cut") is_cut = 1; if (part == "items") for (p in entries) strangers(p); next }
    part == "items" { if (NF < 2) next; out = $1 "\t" $2; observe($1, $2); print out; next }
    part == "hash" { hash[substr($0, 67)] = substr($0, 1, 64); next }
    part == "known" { if ($1 ~ /^(file|link|directory|tree|absent|user)$/) known[$2] = 1; next }
    part == "stranger" { told[$1] = told[$1] "," $2; next }
    part == "entry" { entries[$0] = substr($0, 1, match($0, /\/[^\/]*$/) - 1); next }
    part == "tree" { tree[$1] = $2; next }
    part == "attribute" {
      if (/^# file: /) path = substr($0, 9)
      else if (/^system\.posix_acl/) acl[path] = 1
      else if (/^[a-z]+\./ && !/^security\.selinux/) { gsub(/[^!-~]|,/, "?"); xattr[path] = xattr[path] (xattr[path] != "" ? "," : "") $0 }
      next
    }
    part == "flags" {
      letters = $0; sub(/ .*/, "", letters)
      if (letters ~ /^[-a-zA-Z]+$/ && letters ~ /[ia]/) { sub(/^[^ ]+ /, "")
        flags[$0] = (letters ~ /i/ ? "immutable" : "") (letters ~ /a/ ? "append-only" : "") }
      next
    }
    $1 == "path" { kindof[$2] = type($3); owner[$2] = $4; grp[$2] = $5; octal[$2] = $6; target[$2] = NF > 7 ? $7 "?" : $7 }
    $1 == "foreign" { foreign[$2] = $3 }
    $1 == "whose" { whose[$2] = $3 }
    # What ended before its time must not pass for a host on which nothing is there.
    END { if (part != "items") { print "keelson: the look at this host broke off" >"/dev/stderr"; exit 1 } }'
}
