# What the kinds of paths have in common where they are changed.

set_ownership() {
  # The mode comes last: chown clears the set-id bits.
  chown -h "$(field owner "$2"):$(field group "$2")" "$1"
  chmod "$(field mode "$2")" "$1"
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
