# Kind `user`: a system user. What the kit did not make is neither changed nor removed: its own say so in their comment.

order_user=30

observe_user() {
  user_lines=$1
  {
    section made
    printf '%s\n' "$remembered"
    section group
    getent group
    section passwd
    with_names "$user_lines" getent passwd
    section shadow
    with_names "$user_lines" getent shadow
    section items
    printf '%s\n' "$user_lines"
  } | awk -F '\t' -v ours="$OURS" -v foreign="$(somebody_elses userdel)" '
    $1 == "section" { section = $2; next }
    section == "group" { split($0, part, ":"); gname[part[3]] = part[1]; members[part[1]] = part[4]; next }
    section == "passwd" { split($0, part, ":"); passwd[part[1]] = $0; next }
    section == "shadow" { split($0, part, ":"); shadow[part[1]] = part[2] ~ /^[!*]/ ? "locked" : part[2] == "" ? "empty" : "set"; next }
    section == "items" { print "user\t" $2 observation($2); next }
    $1 == "user" { made[$2] = 1 }
    function observation(u,  part, name, groups, text) {
      if (!(u in passwd)) return "\tstate=missing"
      split(passwd[u], part, ":")
      if (!(u in made) && part[5] != ours) { text = foreign; sub(/NAME/, u, text); return "\tforeign=" text }
      for (name in members) if (index("," members[name] ",", "," u ",")) groups = groups (groups ? "," : "") name
      return "\tgroup=" (part[4] in gname ? gname[part[4]] : part[4]) "\tgroups=" sorted(groups) "\thome=" part[6] \
        "\tshell=" part[7] "\tpassword=" shadow[u] (part[5] != "" ? "\tcomment=" part[5] : "") (part[3] == 0 ? "\tuid=0" : "")
    }
    '"$SORTED"
}

apply_user() {
  name=$(item_name "$1")
  home=$(field home "$1") shell=$(field shell "$1") group=$(field group "$1") groups=$(field groups "$1")
  end_second_root "$name"
  if ! getent passwd "$name" >/dev/null; then
    lost_number passwd owner "$name"
    # The packet filter knows by its number whom its files name already.
    ! grep -D skip -qsF "\"$name\"" "$FILTER"/*.nft || touched keelson-filter.service
    limited "$ACCOUNT_LIMIT" useradd --system --no-create-home --no-log-init ${number:+-u "$number"} -c "$(field comment "$1")" -g "$group" -G "$groups" -d "$home" -s "$shell" "$name"
    # It has all that the item asks for, and no password.
    return 0
  fi
  limited "$ACCOUNT_LIMIT" usermod -c "$(field comment "$1")" -g "$group" -G "$groups" -s "$shell" "$name"
  # Not only locked: somebody may unlock it again.
  ! differs user "$name" password || limited "$ACCOUNT_LIMIT" usermod -p '!' "$name"
  set_passwd "$name" 6 "$home"
}

# In place, since usermod refuses while processes of that user run, as an app's do, and root's for a second root.
# vipw sees a change by its time in whole seconds: the one before it must be another second's.
# Usage: set_passwd NAME FIELD VALUE
set_passwd() {
  [ "$(getent passwd "$1" | cut -d : -f "$2")" != "$3" ] || return 0
  VISUAL="sleep 1; sed -i 's,^\\($1\\(:[^:]*\\)\\{$(($2 - 2))\\}:\\)[^:]*,\\1$3,'" vipw >/dev/null 2>&1
}

# A user who was given root's number gets one of a system user, as useradd chooses it: most likely its own.
end_second_root() {
  [ "$(id -u "$1" 2>/dev/null)" = 0 ] || return 0
  set_passwd "$1" 3 "$(getent passwd | awk -F : '{ used[$3] = 1 } END { for (n = 999; n in used; n--); print n }')"
}

remove_user() {
  getent passwd "$1" >/dev/null || return 0
  if ! is_marked "$1"; then
    stays='kept, Keelson did not make it'
    return 0
  fi
  end_second_root "$1"
  # What drifted into the kit's way, and was the user's.
  [ ! -d "$STATE/aside" ] || leave_to_root "$STATE/aside" "user$TAB$1${TAB}owner=$1${TAB}group=$1"
  limited "$ACCOUNT_LIMIT" userdel "$1" 2>"$work/complaints" || fail "user $1 cannot be removed: $(cat "$work/complaints")"
}

is_marked() { [ "$(getent passwd "$1" | cut -d : -f 5)" = "$OURS" ]; }
