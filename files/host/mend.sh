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
  command -v getfattr >/dev/null || return 0
  # An app chooses the names of its own: what getfattr writes as \ooo is any byte.
  getfattr -h --absolute-names -m - "$1" 2>/dev/null | sed '/^#/d; /^$/d; /^security\.selinux$/d; s/%/%%/g' |
    while IFS= read -r attribute; do
      # shellcheck disable=SC2059 # on purpose
      attribute=$(printf "${attribute}x")
      setfattr -h -x "${attribute%x}" "$1" 2>/dev/null || :
    done
}

# Usage: is_same PATH PATH. Of links the targets, of directories all that they hold; modes do not count.
is_same() { is_there "$1" && is_there "$2" && diff -rq --no-dereference "$1" "$2" >/dev/null 2>&1; }

# What the kit takes out of its way is kept, each time in a place of its own, so that nothing is ever lost. When the
# kit goes it is put back where its place is free.
put_aside() {
  [ -z "${armed:-}" ] || keep_way "$1"
  aside=$STATE/aside$1
  if is_there "$aside" || ! mkdir -p "${aside%/*}" 2>/dev/null; then
    aside=$(mktemp -d "$STATE/aside/.$(date -u +%Y%m%dT%H%M%SZ).XXXX")$1
    mkdir -p "${aside%/*}"
  fi
  cp -a "$1" "$aside"
  printf '%s\n' "$1" >>"$STATE/aside/.paths"
  chattr -R -ia "$1" 2>/dev/null || :
  rm -rf "$1"
}

# A name with a line break in it stays aside.
put_back_asides() {
  [ -d "$STATE/aside" ] || return 0
  # What lies in its place already, as an original that was put back.
  find "$STATE/aside" \( -type f -o -type l \) ! -name .paths | while IFS= read -r path; do
    ! is_same "$path" "${path#"$STATE/aside"}" || rm -f "$path"
  done
  [ -f "$STATE/aside/.paths" ] || : >"$STATE/aside/.paths"
  sort -u "$STATE/aside/.paths" | while IFS= read -r path; do
    if is_there "$STATE/aside$path" && is_directory "${path%/*}" && ! is_there "$path"; then
      cp -a "$STATE/aside$path" "$path.keelson-new" && mv -T "$path.keelson-new" "$path" && rm -rf "$STATE/aside$path"
      say gone "what was in the way at $path: put back"
    fi
  done
  rm -f "$STATE/aside/.paths"
  # Folders that only led there.
  find "$STATE/aside" -depth -type d -empty -delete
  systemctl daemon-reload
}
