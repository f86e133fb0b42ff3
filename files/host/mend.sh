# What the kinds of paths have in common where they are changed.

set_ownership() {
  # The mode comes last: chown clears the set-id bits.
  take_ownership "$2"
  chown -h "$owner:$group" "$1"
  chmod "$mode" "$1"
}

# What was seen of these at a path: mostly nothing, and a tool for each would take longer than the rest.
# Usage: clear_seen_attributes KIND PATH
clear_seen_attributes() {
  case $rows in
    *"$TAB$1$TAB$2${TAB}acl$TAB"* | *"$TAB$1$TAB$2${TAB}xattr$TAB"* | *"$TAB$1$TAB$2${TAB}flags$TAB"*) clear_attributes "$2" ;;
  esac
}

# Takes away what defeats a mode: ACLs, extended attributes, immutable and append-only flags.
clear_attributes() {
  chattr -ia "$1" 2>/dev/null || :
  [ ! -x /usr/bin/setfacl ] || setfacl -bn "$1" 2>/dev/null || :
  [ -x /usr/bin/getfattr ] || return 0
  getfattr -h --absolute-names -d -m - "$1" 2>/dev/null | sed -n '/^#/d; s/=.*//p' |
    grep -v '^security.selinux$' | while read -r attribute; do setfattr -h -x "$attribute" "$1"; done
}

# What the kit takes out of its way is kept, so that nothing is ever lost; it is never put back.
put_aside() {
  aside=$STATE/aside$1
  mkdir -p "$STATE/aside" && rm -rf "$aside"
  if mkdir -p "${aside%/*}" 2>/dev/null; then cp -a "$1" "$aside"; fi
  chattr -R -ia "$1" 2>/dev/null || :
  rm -rf "$1"
}
