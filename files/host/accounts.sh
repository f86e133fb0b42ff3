# Users and groups. What the kit did not make is neither changed nor removed.

# What is somebody else's is told before anything is changed; observe.sh knows it, and what to do about it.
refuse_foreign() {
  foreign=$(awk -F '\t' '$4 == "foreign" { printf "%s%s %s %s", (n++ ? "; " : ""), $2, $3, $5 }' "$work/differences")
  [ -z "$foreign" ] || fail "refused, nothing was changed: $foreign"
}

apply_group() {
  name=$(item_name "$1")
  getent group "$name" >/dev/null || groupadd --system "$name"
  gpasswd -M "$(field members "$1")" "$name" >/dev/null
}

apply_user() {
  name=$(item_name "$1")
  home=$(field home "$1") shell=$(field shell "$1") group=$(field group "$1")
  end_second_root "$name"
  if ! getent passwd "$name" >/dev/null; then
    useradd --system --no-create-home --no-log-init -c "$(field comment "$1")" -g "$group" -d "$home" -s "$shell" "$name"
  fi
  usermod -c "$(field comment "$1")" -g "$group" -G "$(field groups "$1")" -s "$shell" "$name"
  # Not only locked: somebody may unlock it again.
  ! differs user "$name" password || usermod -p '!' "$name"
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
    say change "user $1: kept, Keelson did not make it"
    return 0
  fi
  end_second_root "$1"
  userdel "$1" 2>"$work/complaints" || fail "user $1 cannot be removed: $(cat "$work/complaints")"
  say change "user $1: removed"
}

is_marked() { [ "$(getent passwd "$1" | cut -d : -f 5)" = "$OURS" ]; }

remove_group() {
  getent group "$1" >/dev/null || return 0
  if getent passwd | cut -d : -f 4 | grep -qxF "$(getent group "$1" | cut -d : -f 3)"; then
    say change "group $1: kept, a user has it"
    return 0
  fi
  groupdel "$1" 2>"$work/complaints" || fail "group $1 cannot be removed: $(cat "$work/complaints")"
  say change "group $1: removed"
}
