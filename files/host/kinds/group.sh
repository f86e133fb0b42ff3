# Kind `group`: a system group and its supplementary members. What the kit did not make is neither changed nor removed.

order_group=20

# Of a group also that it was about to be made, for nothing marks it as the kit's but a user of its name that is.
observe_group() {
  group_lines=$1
  {
    { stored_items && pending_items; } | awk -F '\t' '$1 == "group" { print "made\t" $2 }'
    getent passwd | awk -F : -v ours="$OURS" '$5 == ours { print "made\t" $1 }'
    getent group
    printf 'items\n%s\n' "$group_lines"
  } | awk -F '\t' -v foreign="$(somebody_elses groupdel)" '
    items { print "group\t" $2 "\t" ($2 in members ? $2 in made ? "members=" sorted(members[$2]) : replaced($2) : "state=missing"); next }
    $1 == "items" { items = 1; next }
    $1 == "made" { made[$2] = 1; next }
    { split($0, part, ":"); members[part[1]] = part[4] }
    function replaced(name,  text) { text = foreign; sub(/NAME/, name, text); return "foreign=" text }
    '"$SORTED"
}

apply_group() {
  name=$(item_name "$1")
  getent group "$name" >/dev/null || groupadd --system "$name"
  gpasswd -M "$(field members "$1")" "$name" >/dev/null
}

remove_group() {
  getent group "$1" >/dev/null || return 0
  if getent passwd | cut -d : -f 4 | grep -qxF "$(getent group "$1" | cut -d : -f 3)"; then
    stays='kept, a user has it'
    return 0
  fi
  groupdel "$1" 2>"$work/complaints" || fail "group $1 cannot be removed: $(cat "$work/complaints")"
}
